import { z } from 'zod'
import { region } from './camera-features.ts'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { FRAME_COMPRESSIONS } from './frame-header.ts'

export const FRAME_STEPS = [1, 2, 4, 8] as const
/** The most frames that may be under way to one viewer. */
export const MOST_FRAMES_WINDOW = 16

const side = z.int().min(1).max(32_768)
const parameters = {
  region: region
    .extend({ width: side, height: side })
    .nullable()
    .describe('part of the frame, px; null for all of it'),
  step: z
    .union(FRAME_STEPS.map((step) => z.literal(step)))
    .describe('of so many pixels each way one is sent; of a Bayer pattern, of so many cells'),
  maxFps: z
    .number()
    .min(0.1)
    .max(1000)
    .nullable()
    .describe('no more frames a second than this; null for all'),
  compression: z.enum(FRAME_COMPRESSIONS),
  level: z.int().min(1).max(9).describe('of zstd: higher is smaller and slower'),
}
const defaults = { region: null, step: 1, maxFps: null, compression: 'none', level: 1 } as const

/** How a viewer wants its frames. */
export const frameRequest = z.object({
  region: parameters.region.default(defaults.region),
  step: parameters.step.default(defaults.step),
  maxFps: parameters.maxFps.default(defaults.maxFps),
  compression: parameters.compression.default(defaults.compression),
  level: parameters.level.default(defaults.level),
})
export type FrameRequest = z.infer<typeof frameRequest>

export const frameCommands = {
  'frames.open': command({
    about:
      'Receive frames to measure on as `stream` events named `frames/<camera>`: a header and its pixels, at most `window` of them unacknowledged.',
    role: 'viewer',
    only: 'socket',
    input: frameRequest.extend({
      camera: deviceId,
      window: z.int().min(1).max(MOST_FRAMES_WINDOW).default(4),
    }),
    output: frameRequest,
  }),
  'frames.change': command({
    about: 'Change how the frames that are open on this connection are sent; what is left out stays.',
    role: 'viewer',
    only: 'socket',
    input: z.object({ camera: deviceId, ...z.object(parameters).partial().shape }),
    output: frameRequest,
  }),
  'frames.close': command({
    about: 'Stop receiving frames.',
    role: 'viewer',
    only: 'socket',
    input: z.object({ camera: deviceId }),
    output: z.object({}),
  }),
}

/** The name of a camera's frames, in `stream` events and their acknowledgements. */
export function framesStream(camera: string): string {
  return `frames/${camera}`
}
