import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'
import type { SamplePacket } from '../wire/streams.ts'

/** What looks for something, by its place in the stream. */
export const DETECTORS = ['motion', 'spot', 'colour', 'marker', 'model'] as const
export const detectorName = z.enum(DETECTORS)
export type DetectorName = z.infer<typeof detectorName>

const smallestArea = (px: number) =>
  z.number().min(1).max(1_000_000).default(px).describe('what is smaller is nothing, square px')

/** The detectors that are on, each with how it looks. */
export const detectors = z.object({
  motion: z
    .object({
      sensitivity: z.number().min(0).max(1).default(0.5).describe('how little change is enough'),
      smallestArea: smallestArea(150),
      cameraMoves: z
        .boolean()
        .default(false)
        .describe('the camera is turned: pictures are laid over each other before they are compared'),
    })
    .optional(),
  spot: z
    .object({
      contrast: z.number().min(1).max(255).default(40).describe('how much brighter than the picture, of 255'),
      smallestArea: smallestArea(6),
    })
    .optional(),
  colour: z
    .object({
      blueness: z.number().min(-1).max(1).describe('Cb, -1 to 1'),
      redness: z.number().min(-1).max(1).describe('Cr, -1 to 1'),
      tolerance: z.number().min(0.01).max(1).default(0.2),
      smallestArea: smallestArea(40),
    })
    .optional(),
  marker: z.object({}).describe('ArUco markers of the dictionary ARUCO_MIP_36h12').optional(),
  model: z
    .object({
      name: plain(z.string().max(64)).describe('one of `models` in bench.yaml'),
      leastScore: z.number().min(0).max(1).default(0.4),
    })
    .optional(),
})
export type Detectors = z.infer<typeof detectors>

/** A camera's `vision`, in its topic. */
export const visionState = z.object({
  fps: z.number().describe('pictures a second that are looked at, at most'),
  detectors,
  models: z.array(z.string()).describe('those that bench.yaml has'),
  labels: z.array(z.string()).describe('what the model tells apart, by number').optional(),
  /** Once a second, while something looks. */
  rates: z
    .object({
      fps: z.number(),
      skipped: z.number().describe('pictures that came while another was looked at, in all'),
      costMs: z.number().describe('for one picture, mean of the last second'),
    })
    .optional(),
  failed: z.string().describe('why a detector does not look').optional(),
})
export type VisionState = z.infer<typeof visionState>

export const visionCommands = {
  'vision.set': command({
    about: 'Choose what is looked for in the pictures, and how often; what is left out is switched off.',
    role: 'operator',
    lease: true,
    sets: true,
    input: z.object({ device: deviceId, fps: z.number().min(0.1).max(120).default(15), detectors }),
    output: z.object({}),
  }),
}

/** Something that is seen, px of the frame: `x` and `y` are its middle, `vx` and `vy` px/s. */
export interface Thing {
  /** Its identity, for as long as it is followed. */
  track: number
  detector: DetectorName
  /** Its marker's number, or what the model takes it for; -1 for what has none. */
  label: number
  score: number
  x: number
  y: number
  width: number
  height: number
  vx: number
  vy: number
  /** Not seen in this frame: where it should be. */
  coasting: boolean
}

/** What one frame shows. */
export interface Seen {
  frame: number
  /** When the frame was made, ms since the epoch. */
  madeAt: number
  things: Thing[]
}

/** A row a thing, all rows of one time being one frame; a frame that shows nothing is one row of track 0. */
export const VISION_COLUMNS = 12
/** Frames are counted in the stream up to this: what 32 bits of a float hold exactly. */
export const FRAME_WRAP = 2 ** 24

/** What is seen in a camera, frame by frame, as samples: see `seenIn`. */
export function visionStream(camera: string): string {
  return `vision/${camera}`
}

/** The stream's rows for a frame. */
export function rowsOf({ frame, things }: Seen): number[][] {
  const number = frame % FRAME_WRAP
  if (things.length === 0) return [[number, ...Array<number>(VISION_COLUMNS - 1).fill(0)]]
  return things.map((thing) => {
    const { track, detector, label, score, x, y, width, height, vx, vy, coasting } = thing
    const kind = DETECTORS.indexOf(detector)
    return [number, track, kind, label, score, x, y, width, height, vx, vy, coasting ? 1 : 0]
  })
}

/** The frames in a packet of the stream, oldest first. */
export function seenIn({ times, values }: Pick<SamplePacket, 'times' | 'values'>): Seen[] {
  const frames: Seen[] = []
  times.forEach((madeAt, row) => {
    const at = (column: number): number => values[row * VISION_COLUMNS + column] ?? NaN
    let seen = frames.at(-1)
    if (seen?.madeAt !== madeAt) {
      seen = { frame: at(0), madeAt, things: [] }
      frames.push(seen)
    }
    if (at(1) === 0) return
    seen.things.push({
      track: at(1),
      detector: DETECTORS[at(2)] ?? 'motion',
      label: at(3),
      score: at(4),
      ...{ x: at(5), y: at(6), width: at(7), height: at(8), vx: at(9), vy: at(10) },
      coasting: at(11) === 1,
    })
  })
  return frames
}
