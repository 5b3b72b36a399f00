import { z } from 'zod'
import { command } from './command.ts'
import { deviceId } from './device.ts'

const px = z.number().min(-10_000).max(20_000).describe('px of the picture; the middle of the first is 0')
/** A place in a picture. */
export const pixel = z.object({ x: px, y: px })
export type Pixel = z.infer<typeof pixel>

/** What the turret's camera sees, and how pixels and directions belong together: `sight` in the turret's topic. */
export const sightState = z.object({
  camera: deviceId,
  mount: z.enum(['turret', 'fixed']),
  crosshair: pixel.extend({ found: z.enum(['middle', 'click', 'spot']) }).optional(),
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

const device = z.object({ device: deviceId })
const nothing = z.object({})
const calibrated = z.object({ residualPx: z.number(), pixelsPerDegree: z.number() })

export const sightCommands = {
  'sight.point': command({
    about: 'Point at a place in the picture; answers the direction. Needs a calibration that is valid.',
    role: 'operator',
    lease: true,
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
    input: device.extend(pixel.shape),
    output: z.object({ clicks: z.number().int() }),
  }),
  'sight.fit': command({
    about: 'Fit the calibration to the clicks made so far: three at least, not in a line.',
    role: 'operator',
    lease: true,
    input: device,
    output: calibrated,
  }),
  'sight.forget': command({
    about: 'Give up the calibration and the clicks.',
    role: 'operator',
    lease: true,
    input: device,
    output: nothing,
  }),
  'sight.crosshair': command({
    about: 'Put the crosshair where the laser hits.',
    role: 'operator',
    lease: true,
    input: device.extend(pixel.shape),
    output: nothing,
  }),
  'sight.findCrosshair': command({
    about: 'Fire one weak pulse on a card, and put the crosshair where its spot is found.',
    role: 'operator',
    lease: true,
    emits: true,
    input: device.extend({
      powerPercent: z.number().positive().max(20).default(5).describe('low: it only has to be seen'),
      pulseMs: z.number().positive().max(1000).default(200),
    }),
    output: pixel,
  }),
}
