import { z } from 'zod'
import { resourceName } from '../../transport/resource.ts'
import { DWELL_STEP_MS, type Firmware } from './firmware.ts'

/** Every window of this is looked at for its share of light. */
export const DUTY_WINDOW_MS = 10_000
const FASTEST = 360

const axis = z
  .strictObject({
    axis: z.enum(['X', 'Y', 'Z']).describe("the controller's axis that turns it"),
    mmPerDegree: z
      .number()
      .refine((value) => value !== 0, 'cannot be 0')
      .default(1)
      .describe("the controller's mm a degree; negative when it counts the other way"),
    zeroMm: z.number().default(0).describe("the controller's machine position, mm, at 0 degrees"),
    min: z.number().describe('degrees; nobody can aim below'),
    max: z.number().describe('degrees; nobody can aim above'),
    speed: z.number().positive().max(FASTEST).default(60).describe('the fastest, degrees/s'),
  })
  .refine(({ min, max }) => min < max, { message: 'min is to be below max', path: ['min'] })

const laser = z
  .strictObject({
    longestPulseMs: z.number().positive().max(10_000).default(500).describe('no pulse is longer'),
    mostPulses: z.number().int().min(1).max(1000).default(20).describe('no burst has more'),
    dutyPercent: z.number().positive().max(100).default(20).describe('light in any 10 s, at most'),
    powerPercent: z.number().positive().max(100).default(100).describe('no pulse is stronger; 100 is $30'),
    cooldownMs: z
      .number()
      .min(0)
      .max(600_000)
      .default(1000)
      .describe('dark after a burst, from the end of its light'),
    dwellStepMs: z
      .number()
      .int()
      .min(1)
      .max(255)
      .optional()
      .describe(
        'the steps in which the controller times a dwell, ms (DWELL_TIME_STEP); left out: 50 for Grbl and grblHAL as they are delivered, 1 for FluidNC, whose dwell is exact',
      ),
  })
  .refine(({ longestPulseMs, dwellStepMs = 1 }) => longestPulseMs >= dwellStepMs, {
    message: 'is shorter than dwellStepMs, the shortest pulse there is',
    path: ['longestPulseMs'],
  })

export const config = z.strictObject({
  resource: resourceName,
  baudRate: z
    .number()
    .int()
    .min(50)
    .max(12_000_000)
    .default(115_200)
    .describe('bits a second, for serial ports; the rest is 8N1, as Grbl has it'),
  pan: axis.describe('the axis that turns left and right'),
  tilt: axis.describe('the axis that turns up and down'),
  laser: laser.prefault({}).describe('what no request exceeds'),
  guard: z
    .enum(['standby', 'takeover'])
    .default('takeover')
    .describe(
      'how the guardian reaches it when the bridge cannot. takeover: by the one connection that it takes, once the bridge has let go of it; standby: by a second one that is opened beside the bridge, for a controller that takes several at a time and answers all of them',
    ),
  homeWithinS: z
    .number()
    .positive()
    .max(600)
    .default(90)
    .describe('homing that takes longer is taken for stuck, and ended'),
})
export type Config = z.output<typeof config>
export type AxisConfig = Config['pan']
export type LaserConfig = Config['laser'] & { dwellStepMs: number }

/** What bench.yaml says of the laser, with what it leaves to the firmware. */
export function laserConfigOf({ laser }: Config, firmware: Firmware): LaserConfig {
  return { ...laser, dwellStepMs: laser.dwellStepMs ?? DWELL_STEP_MS[firmware] }
}
