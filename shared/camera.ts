import { z } from 'zod'
import { deviceBase, deviceId } from './device.ts'
import { command } from './command.ts'

/** H.264 by node-av over plain RTP, or VP8 by libwebrtc. */
export const codec = z.enum(['h264', 'vp8'])
export type Codec = z.infer<typeof codec>

/** What a person can turn on a camera; absent where the camera has no such thing. Exposure in ms, gain in dB. */
export const cameraSettings = z.object({
  exposureMs: z.number().optional(),
  gainDb: z.number().optional(),
  timeCode: z.boolean().optional(),
})
export type CameraSettings = z.infer<typeof cameraSettings>

const range = z.object({ min: z.number(), max: z.number() })

/** One who watches: since when (ms since the epoch), from where, over what. */
export const viewer = z.object({
  since: z.number(),
  address: z.string(),
  path: z.string().optional(),
})
export type Viewer = z.infer<typeof viewer>

/** A camera's topic: `camera/<id>`. */
export const cameraState = deviceBase.extend({
  width: z.number().optional(),
  height: z.number().optional(),
  bitDepth: z.number().optional(),
  nominalFps: z.number().optional(),
  settings: cameraSettings.optional(),
  ranges: z.object({ exposureMs: range.optional(), gainDb: range.optional() }).optional(),
  encoder: z
    .object({ codec, name: z.string().describe('the encoder that runs, e.g. libx264'), reason: z.string() })
    .optional(),
  /** Counted once a second in the camera's process. */
  rates: z.object({ captureFps: z.number(), encodeFps: z.number(), kbps: z.number() }).optional(),
  /** Frames that a newer one replaced before the encoder took them, since the process began. */
  droppedFrames: z.number().optional(),
  /** Which publication viewers should be watching: when it rises they join again. Absent: nothing to watch. */
  publication: z.object({ generation: z.number(), codec, bornAt: z.number() }).optional(),
  viewers: z.record(z.string(), viewer).optional(),
  restarts: z.number().optional(),
})
export type CameraState = z.infer<typeof cameraState>

/** WebRTC's own parameter objects: made by mediasoup and mediasoup-client, which check them; carried as they are. */
const opaque = z.record(z.string(), z.unknown())
const viewerId = z.string().min(1).max(64)

export const cameraCommands = {
  'camera.set': command({
    about: 'Change exposure, gain or the burned-in time code; answers the settings that the camera took.',
    role: 'operator',
    lease: true,
    input: z.object({
      device: deviceId,
      exposureMs: z.number().positive().optional(),
      gainDb: z.number().optional(),
      timeCode: z.boolean().optional(),
    }),
    output: cameraSettings,
  }),
  'camera.join': command({
    about: 'Begin to watch: answers what mediasoup-client needs to build its receiving transport.',
    role: 'viewer',
    only: 'socket',
    input: z.object({ camera: deviceId }),
    output: z.object({
      viewer: viewerId,
      generation: z.number(),
      routerRtpCapabilities: opaque,
      transport: z.object({
        id: z.string(),
        iceParameters: opaque,
        iceCandidates: z.array(opaque),
        dtlsParameters: opaque,
      }),
    }),
  }),
  'camera.connect': command({
    about: "Hand over the browser's DTLS parameters.",
    role: 'viewer',
    only: 'socket',
    reach: 'self',
    input: z.object({ viewer: viewerId, dtlsParameters: opaque }),
    output: z.object({}),
  }),
  'camera.consume': command({
    about: 'Ask for the picture, paused: answers what the browser builds its receiver from.',
    role: 'viewer',
    only: 'socket',
    reach: 'self',
    input: z.object({ viewer: viewerId, rtpCapabilities: opaque }),
    output: z.object({
      id: z.string(),
      producerId: z.string(),
      kind: z.literal('video'),
      rtpParameters: opaque,
    }),
  }),
  'camera.resume': command({
    about: 'The receiver is built: let the picture flow, beginning with a key frame.',
    role: 'viewer',
    only: 'socket',
    reach: 'self',
    input: z.object({ viewer: viewerId }),
    output: z.object({}),
  }),
  'camera.leave': command({
    about: 'Stop watching.',
    role: 'viewer',
    only: 'socket',
    reach: 'self',
    input: z.object({ viewer: viewerId }),
    output: z.object({}),
  }),
}
