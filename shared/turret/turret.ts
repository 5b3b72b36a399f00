import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceBase, deviceId } from '../wire/device.ts'
import { patternRun, pattern, preset } from './presets.ts'
import { sightState } from './sight.ts'
import { autoFireState, trackingState } from './tracking.ts'
import { burst } from './turret-burst.ts'

/** Where the turret points, in degrees. */
export const direction = z.object({ pan: z.number(), tilt: z.number() })
export type Direction = z.infer<typeof direction>

const span = z.object({ min: z.number(), max: z.number() })

/** The longest and strongest that bench.yaml lets anybody ask for. */
export const laserBounds = z.object({
  longestPulseMs: z.number(),
  mostPulses: z.number(),
  dutyPercent: z.number().describe('light in any 10 s'),
  powerPercent: z.number(),
  stepMs: z.number().describe('pulses are whole numbers of this'),
})
export type LaserBounds = z.infer<typeof laserBounds>

export const laserState = z.object({
  enabled: z.boolean(),
  emitting: z.boolean().describe('a burst is under way: light is on, or will be within it'),
  unordered: z
    .boolean()
    .describe('the controller says that light is on which nobody here has ordered: it is reset and disabled'),
  mock: z.boolean().describe('the burst under way is dark, a rehearsal'),
  ready: z.boolean(),
  missing: z.array(z.string()).describe('what keeps it from being ready; empty when it is'),
  fireCount: z.number().int().describe('pulses of light since the count was reset'),
  lastEndedAt: z.number().optional().describe('when light ended last, ms since the epoch'),
  cooldownUntil: z.number().optional().describe('no light before this, ms since the epoch'),
  bounds: laserBounds,
})
export type LaserState = z.infer<typeof laserState>

/** A turret's topic: `turret/<id>`. */
export const turretState = deviceBase.extend({
  controller: z.object({ version: z.string(), options: z.string().optional() }).optional(),
  position: direction.describe('absent while it is not known where it points').optional(),
  /** Where a move is going; absent at rest and while jogging. */
  target: direction.optional(),
  activity: z.enum(['rest', 'moving', 'jogging', 'homing', 'stopping']).optional(),
  moving: z.boolean().optional(),
  limits: z.object({ pan: span, tilt: span }).describe('degrees').optional(),
  /** Limit switches that are pressed. */
  switches: z.array(z.string()).optional(),
  alarm: z
    .object({
      code: z.number().int().optional().describe("the controller's number for it"),
      message: z.string(),
    })
    .optional(),
  homed: z.boolean().describe('absent where the controller has no homing').optional(),
  home: direction.describe('where going home leads, 0° and 0° unless it was set').optional(),
  motors: z.boolean().describe('false: without current, the turret can be turned by hand').optional(),
  problems: z.array(z.string()).describe("what is wrong with the controller's settings").optional(),
  laser: laserState.optional(),
  /** This and what follows only where bench.yaml gives the turret a camera. */
  sight: sightState.optional(),
  tracking: trackingState.optional(),
  autoFire: autoFireState.optional(),
  presets: z.record(z.string(), preset).optional(),
  patterns: z.record(z.string(), pattern).optional(),
  pattern: patternRun.optional(),
})
export type TurretState = z.infer<typeof turretState>

const device = z.object({ device: deviceId })
const nothing = z.object({})

export const turretCommands = {
  'turret.move': command({
    about: 'Point somewhere; answers where it goes, at once or on arrival.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({
      pan: z.number().optional().describe('degrees; left out, the axis stays or goes on'),
      tilt: z.number().optional().describe('degrees; left out, the axis stays or goes on'),
      relative: z.boolean().default(false).describe('from where it points, or is going, now'),
      speed: z.number().positive().max(3600).optional().describe('degrees/s; the fastest when left out'),
      wait: z.boolean().default(false).describe('answer on arrival'),
    }),
    output: direction,
  }),
  'turret.jog': command({
    about: 'Turn at a speed, in degrees/s, for as long as this is repeated within 200 ms; 0 and 0 stops.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({
      pan: z.number().min(-3600).max(3600).default(0),
      tilt: z.number().min(-3600).max(3600).default(0),
    }),
    output: nothing,
  }),
  'turret.halt': command({
    about: 'End motion now, without losing the position; answers when the turret is at rest.',
    role: 'operator',
    safe: true,
    input: device,
    output: nothing,
  }),
  'turret.home': command({
    about: 'Find the limit switches, and with them where the turret points; answers when it is done.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device,
    output: nothing,
  }),
  'turret.setHome': command({
    about: 'Keep where the turret points now as its home: `home` in its topic; answers it.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device,
    output: direction,
  }),
  'turret.unlock': command({
    about: 'Clear an alarm without homing; answers what that leaves unsure.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device,
    output: z.object({ message: z.string() }),
  }),
  'turret.motors': command({
    about: 'Take the current from the motors, or give it back: the position is lost either way.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device.extend({ on: z.boolean() }),
    output: nothing,
  }),
  'laser.enable': command({
    about: 'Let the laser be fired, once a dark pulse has shown that the controller ends pulses by itself.',
    role: 'operator',
    lease: true,
    input: device,
    output: nothing,
  }),
  'laser.disable': command({
    about: 'End light at once and let the laser not be fired; answers when the controller has confirmed it.',
    role: 'operator',
    safe: true,
    input: device,
    output: nothing,
  }),
  'laser.fire': command({
    about: 'Fire a burst; answers how many pulses were fired when the last has ended.',
    role: 'operator',
    lease: true,
    emits: true,
    input: device.extend({
      ...burst.shape,
      mock: z.boolean().default(false).describe('everything but light: a rehearsal'),
    }),
    output: z.object({ pulses: z.number().int() }),
  }),
  'laser.resetCount': command({
    about: 'Begin to count pulses from 0.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device,
    output: nothing,
  }),
}
