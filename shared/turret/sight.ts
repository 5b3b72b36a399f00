import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'

const px = z.number().min(-10_000).max(20_000).describe('px of the picture; the middle of the first is 0')
/** A place in a picture. */
export const pixel = z.object({ x: px, y: px })
export type Pixel = z.infer<typeof pixel>

/** Where the camera saw the laser's pulses. */
const laserSpot = pixel.extend({
  strength: z.number().describe('how much brighter than before, 0 to 255'),
  at: z.number().describe('when it was found, ms since the epoch'),
})
export type LaserSpot = z.infer<typeof laserSpot>

/** The place in the picture that the turret is aimed with. */
export const crosshairState = pixel.extend({
  found: z.enum(['middle', 'click', 'spot']).describe('who says so: nobody, a click, or the laser itself'),
  checkedAt: z
    .number()
    .optional()
    .describe('when it was checked against the laser, ms since the epoch; left out: never'),
  accepted: z
    .boolean()
    .optional()
    .describe('somebody has armed real light with it though it was never checked against the laser'),
  size: z
    .object({ width: z.number(), height: z.number() })
    .optional()
    .describe('of the picture that it was put into, px'),
})
export type CrosshairState = z.infer<typeof crosshairState>

/** What the turret's camera sees, and how pixels and directions belong together: `sight` in the turret's topic. */
export const sightState = z.object({
  camera: deviceId,
  mount: z.enum(['turret', 'fixed']),
  crosshair: crosshairState
    .optional()
    .describe('left out: the middle of the picture, which nobody has checked against the laser'),
  finding: z
    .object({
      pulse: z.number().int().describe('pulses that the pictures have answered'),
      pulses: z.number().int().describe('of so many'),
      near: pixel.optional().describe('what the first of the two results says, px'),
    })
    .optional()
    .describe("while the laser's spot is looked for"),
  spot: laserSpot
    .optional()
    .describe('found, and not the crosshair before somebody says that it is the laser: sight.confirmSpot'),
  calibration: z.object({
    state: z.enum(['none', 'running', 'valid', 'lapsed']),
    why: z.string().describe('why it has lapsed, or has failed').optional(),
    /** 0 to 1, while it runs. */
    progress: z.number().optional(),
    clicks: z.number().int().describe('landmarks clicked so far, by hand').optional(),
    residualPx: z.number().describe('how far off the map is, RMS').optional(),
    pixelsPerDegree: z.number().optional(),
    /** Rows: x and y, px a degree of pan and of tilt. */
    map: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
    at: z.number().optional(),
  }),
})
export type SightState = z.infer<typeof sightState>

interface Size {
  width: number
  height: number
}

/** Why nobody knows that the laser hits at the crosshair, as words go on after it; undefined when that was seen. */
export function whyUnchecked(
  { mount, crosshair }: Pick<SightState, 'mount' | 'crosshair'>,
  size: Size | undefined,
): string | undefined {
  // Where a fixed camera sees the place that the turret points at follows from clicks on the laser's own spot.
  if (mount === 'fixed') return undefined
  if (!crosshair) return 'is the middle of the picture, and was never checked against the laser'
  if (!isIn(crosshair, size)) return 'was put into a picture of another size'
  if (crosshair.checkedAt !== undefined) return undefined
  return 'was put there by hand, and was never checked against the laser'
}

/** The same, but for a crosshair with which somebody wanted real light though it was unchecked: they are asked once. */
export function whyAskFirst(
  sight: Pick<SightState, 'mount' | 'crosshair'>,
  size: Size | undefined,
): string | undefined {
  const { crosshair } = sight
  return crosshair?.accepted && isIn(crosshair, size) ? undefined : whyUnchecked(sight, size)
}

function isIn({ size }: CrosshairState, picture: Size | undefined): boolean {
  return !picture || (size?.width === picture.width && size.height === picture.height)
}

const device = z.object({ device: deviceId })
const nothing = z.object({})
const calibrated = z.object({ residualPx: z.number(), pixelsPerDegree: z.number() })

export const sightCommands = {
  'sight.point': command({
    about: 'Point at a place in the picture; answers the direction. Needs a calibration that is valid.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({
      ...pixel.shape,
      speed: z.number().positive().max(3600).optional().describe('degrees/s; the fastest when left out'),
      wait: z.boolean().default(false).describe('answer on arrival'),
    }),
    output: z.object({ pan: z.number(), tilt: z.number() }),
  }),
  'sight.calibrate': command({
    about: 'Find out by moving how pixels and degrees belong together; answers how well that fits.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({
      stepDegrees: z
        .number()
        .min(0.1)
        .max(20)
        .default(2)
        .describe('how far it moves from where it points now'),
    }),
    output: calibrated,
  }),
  'sight.click': command({
    about:
      'Calibrate by hand: where a landmark is in the picture now (camera on the turret: the same one each time), or where the laser hits (fixed camera). Move between clicks.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device.extend(pixel.shape),
    output: z.object({ clicks: z.number().int() }),
  }),
  'sight.fit': command({
    about: 'Fit the calibration to the clicks made so far: three at least, not in a line.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device,
    output: calibrated,
  }),
  'sight.forget': command({
    about: 'Give up the calibration and the clicks.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device,
    output: nothing,
  }),
  'sight.crosshair': command({
    about: 'Put the crosshair where the laser hits. It counts as never checked against the laser.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device.extend(pixel.shape),
    output: nothing,
  }),
  'sight.findCrosshair': command({
    about:
      'Fire ten weak pulses at irregular times on a card, and find the place that answers all of them; it becomes the crosshair with sight.confirmSpot.',
    role: 'operator',
    lease: true,
    emits: true,
    input: device.extend({
      powerPercent: z.number().positive().max(20).default(5).describe('low: it only has to be seen'),
      pulseMs: z.number().positive().max(1000).default(200).describe('length of each pulse, ms'),
    }),
    output: laserSpot,
  }),
  'sight.confirmSpot': command({
    about:
      'Say of the spot that was found whether it is the laser: it becomes the crosshair, or is given up.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device.extend({
      isLaser: z.boolean().default(true).describe('false gives the spot up, and leaves the crosshair'),
    }),
    output: nothing,
  }),
}
