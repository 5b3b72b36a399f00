import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { burst } from './turret-burst.ts'
import { detectorName } from '../camera/vision.ts'

const gain = z.number().min(0).max(100)

/** How it follows; speeds in degrees/s, times in s. */
export const gains = z.object({
  p: gain.default(14).describe('degrees/s a degree of error'),
  i: gain.default(0).describe('degrees/s a degree and second'),
  d: gain.default(0).describe("degrees/s a degree/s of the error's change"),
  feedForward: z.number().min(0).max(2).default(1).describe("share of the target's own speed"),
  mostSpeed: z.number().positive().max(360).default(60),
  mostIntegral: z.number().min(0).max(60).default(2).describe('what the integral may add, degrees/s'),
  deadbandPx: z.number().min(0).max(100).default(1).describe('a smaller error is none'),
  noisePx: z
    .number()
    .min(0.1)
    .max(50)
    .default(2)
    .describe('how far what is seen jumps about: more is smoother and later'),
  leadMs: z.number().min(-200).max(200).default(0).describe('beyond the delay that is measured'),
})
export type Gains = z.infer<typeof gains>

/** Which of the things that are seen is the target. */
export const choice = z.object({
  by: z
    .enum(['nearest', 'largest', 'track'])
    .default('nearest')
    .describe('to the crosshair, or by its identity'),
  track: z.number().int().optional().describe('whose box was clicked; for `track`'),
  detector: detectorName.optional().describe('only what this one finds'),
  label: z.number().int().optional().describe('only what has this label'),
})
export type Choice = z.infer<typeof choice>

/** What is done about a target that is lost, one after the other; times in s. */
export const lost = z.object({
  coastS: z.number().min(0).max(10).default(0.7).describe('go on as it went'),
  searchS: z.number().min(0).max(120).default(4).describe('turn in growing circles around where it was lost'),
  recentre: z.boolean().default(true).describe('then go back to where tracking began'),
  giveUpS: z.number().min(0).max(3600).default(30).describe('then wait, and end'),
})
export type Lost = z.infer<typeof lost>

/** `tracking` in the turret's topic. */
export const trackingState = z.object({
  state: z.enum(['off', 'waiting', 'locked', 'coasting', 'searching', 'recentring']),
  mode: z
    .enum(['turret', 'crosshair'])
    .describe('the turret turns, or the crosshair alone goes along')
    .optional(),
  choice: choice.optional(),
  /** The identity of the target, as in the vision stream. */
  track: z.number().int().optional(),
  /** Mode `crosshair`: where it is. In mode `turret` the crosshair stays. */
  crosshair: z.object({ x: z.number(), y: z.number() }).optional(),
  why: z.string().describe('why it has ended').optional(),
  gains,
  lost,
  tuning: z.object({ axis: z.enum(['pan', 'tilt']), progress: z.number() }).optional(),
  /** Mean of the last second. */
  errorPx: z.number().optional(),
  latencyMs: z.number().describe('from the frame to the motion command, mean of the last second').optional(),
})
export type TrackingState = z.infer<typeof trackingState>

/** When the laser fires by itself. */
export const autoFireRules = z.object({
  withinPx: z.number().positive().max(50).default(10).describe('of the crosshair; 50 at most'),
  forMs: z.number().min(50).max(60_000).default(500).describe('for so long without a break'),
  belowSpeed: z.number().positive().max(60).default(2).describe('degrees/s; never while it turns faster'),
  most: z.number().int().min(1).max(1000).default(1).describe('bursts; then it disarms'),
  burst,
  mock: z.boolean().default(true).describe('everything but light: a rehearsal'),
})
export type AutoFireRules = z.infer<typeof autoFireRules>

/** `autoFire` in the turret's topic. */
export const autoFireState = z.object({
  armed: z.boolean(),
  rules: autoFireRules.optional(),
  fired: z.number().int().describe('bursts since it was armed').optional(),
  waitsFor: z.string().describe('what keeps it from firing now').optional(),
  why: z.string().describe('why it was disarmed').optional(),
})
export type AutoFireState = z.infer<typeof autoFireState>

/** Columns of `aim/<turret>`, for a plot: a row a picture that was looked at. */
export const AIM_COLUMNS = [
  'error x, px',
  'error y, px',
  'error pan, °',
  'error tilt, °',
  'speed pan, °/s',
  'speed tilt, °/s',
  'target pan, °/s',
  'target tilt, °/s',
  'latency, ms',
] as const

/** How far off the turret is while it tracks. */
export function aimStream(turret: string): string {
  return `aim/${turret}`
}

const device = z.object({ device: deviceId })
const nothing = z.object({})

export const trackingCommands = {
  'track.start': command({
    about: 'Follow what is seen. In mode `turret` a calibration that is valid is needed.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({
      mode: z.enum(['turret', 'crosshair']).default('turret'),
      choice: choice.prefault({}),
    }),
    output: nothing,
  }),
  'track.stop': command({
    about: 'Follow no longer; answers when the turret is at rest.',
    role: 'operator',
    safe: true,
    input: device,
    output: nothing,
  }),
  'track.set': command({
    about: 'Set how it follows, and what it does about a lost target; what is left out stays.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device.extend({
      gains: z.object(looser(gains.shape)).optional(),
      lost: z.object(looser(lost.shape)).optional(),
    }),
    output: z.object({ gains, lost }),
  }),
  'track.tune': command({
    about: 'Find gains by a relay on one axis while a target at rest is tracked; answers those it has set.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({
      axis: z.enum(['pan', 'tilt']).default('pan'),
      speed: z.number().positive().max(60).default(6).describe('to and fro, degrees/s'),
    }),
    output: z.object({ gains, periodMs: z.number(), amplitudePx: z.number() }),
  }),
  'autofire.arm': command({
    about: 'Let the laser fire by itself at the target that is tracked, by these rules.',
    role: 'operator',
    lease: true,
    emits: true,
    input: device.extend({
      ...autoFireRules.shape,
      uncheckedCrosshair: z
        .boolean()
        .default(false)
        .describe(
          'real light though the crosshair was never checked against the laser; asked for once for each crosshair',
        ),
    }),
    output: nothing,
  }),
  'autofire.disarm': command({
    about: 'Fire by itself no longer; light that is on ends.',
    role: 'operator',
    safe: true,
    input: device,
    output: nothing,
  }),
}

/** The same members, each of which may be left out, and then is not filled in. */
function looser<S extends Record<string, z.ZodDefault>>(
  shape: S,
): { [K in keyof S]: z.ZodOptional<ReturnType<S[K]['unwrap']>> } {
  return Object.fromEntries(
    Object.entries(shape).map(([name, member]) => [name, (member.unwrap() as z.ZodType).optional()]),
  ) as { [K in keyof S]: z.ZodOptional<ReturnType<S[K]['unwrap']>> }
}
