import { z } from 'zod'
import { deviceBase, deviceId } from '../wire/device.ts'
import { cameraFeatures, deviceSettings } from './camera-features.ts'
import { command } from '../wire/command.ts'
import { iceServer } from './ice-server.ts'
import { inletState } from './inlet.ts'
import { lapseState } from './lapse.ts'
import { recordingState } from './recording.ts'
import { visionState } from './vision.ts'

/** H.264 by node-av over plain RTP, or VP8 by libwebrtc. */
export const codec = z.enum(['h264', 'vp8'])
export type Codec = z.infer<typeof codec>

/** The picture as it is, or at half its width and height for a link that cannot carry more. */
export const qualities = ['full', 'half'] as const
export type Quality = (typeof qualities)[number]
const quality = z.enum(qualities)

const publication = z.object({ generation: z.number(), codec, bornAt: z.number() })

/** What a person can turn on a camera; absent where the camera has no such thing. */
export const cameraSettings = deviceSettings.extend({ timeCode: z.boolean().optional() })
export type CameraSettings = z.infer<typeof cameraSettings>

/** One who watches: since when (ms since the epoch), who, from where, in which quality, over what. */
export const viewer = z.object({
  since: z.number(),
  name: z.string(),
  address: z.string(),
  quality,
  path: z.string().optional(),
  /** As its page reported last. */
  latencyMs: z.number().optional(),
  lossPercent: z.number().optional(),
})
export type Viewer = z.infer<typeof viewer>

const point = z.object({ x: z.number().min(0).max(1), y: z.number().min(0).max(1) })

/** A camera's topic: `camera/<id>`. */
export const cameraState = deviceBase.extend({
  width: z.number().optional(),
  height: z.number().optional(),
  bitDepth: z.number().optional(),
  nominalFps: z.number().optional(),
  settings: cameraSettings.optional(),
  features: cameraFeatures.optional(),
  temperatureC: z.number().optional(),
  /** Set where live view cannot be had: why, and when the last frame was made (ms since the epoch). */
  lastFrame: z.object({ reason: z.string(), madeAt: z.number().optional() }).optional(),
  clockSet: z
    .boolean()
    .optional()
    .describe(
      'the clock was set since its process began: the RTP timestamps of its video do not tell how old a picture is',
    ),
  /** Why its process is started anew on purpose, while it is. */
  restarting: z.string().optional(),
  encoder: z
    .object({ codec, name: z.string().describe('the encoder that runs, e.g. libx264'), reason: z.string() })
    .optional(),
  /** Counted once a second in the camera's process. */
  rates: z.object({ captureFps: z.number(), encodeFps: z.number(), kbps: z.number() }).optional(),
  /** Frames that a newer one replaced before the encoder took them, since the process began. */
  droppedFrames: z.number().optional(),
  /** Frames that never got here whole: packets missing, or no buffer free for them. Since the process began. */
  lostFrames: z.number().optional(),
  /** Which publication viewers should be watching: when it rises they join again. Absent: nothing to watch. */
  publication: publication.optional(),
  /** The same of half quality; absent where it is not to be had. */
  halfPublication: publication.optional(),
  viewers: z.record(z.string(), viewer).optional(),
  /** What people point at, by client: fractions of the picture's width and height. */
  pointers: z.record(z.string(), point.extend({ name: z.string() })).optional(),
  restarts: z.number().optional(),
  /** A side of one pixel as seen at the object, behind all magnification. */
  pixelSizeUm: z.number().optional(),
  inlet: inletState.optional(),
  recording: recordingState.optional(),
  lapse: lapseState.optional(),
  vision: visionState.optional(),
})
export type CameraState = z.infer<typeof cameraState>

/** WebRTC's own parameter objects: made by mediasoup and mediasoup-client, which check them; carried as they are. */
const opaque = z.record(z.string(), z.unknown())
const viewerId = z.string().min(1).max(64)

export const cameraCommands = {
  'camera.set': command({
    about:
      'Change what the camera names among its features, or the burned-in time code; answers what the camera took.',
    role: 'operator',
    lease: true,
    input: cameraSettings.extend({ device: deviceId }),
    output: cameraSettings,
  }),
  'camera.join': command({
    about: 'Begin to watch: answers what mediasoup-client needs to build its receiving transport.',
    role: 'viewer',
    only: 'socket',
    input: z.object({ camera: deviceId, quality: quality.default('full') }),
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
      iceServers: z.array(iceServer).describe('STUN and TURN servers of bench.yaml'),
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
  'camera.point': command({
    about: 'Point at a place in the picture, for all who watch; without a place, point no longer.',
    role: 'viewer',
    only: 'socket',
    input: z.object({
      device: deviceId,
      at: point.optional().describe("fractions of the picture's width and height, from its top left"),
    }),
    output: z.object({}),
  }),
  'camera.restartIce': command({
    about: "New ICE parameters of the bridge's, for a viewer whose network has changed.",
    role: 'viewer',
    only: 'socket',
    reach: 'self',
    input: z.object({ viewer: viewerId }),
    output: z.object({ iceParameters: opaque }),
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
