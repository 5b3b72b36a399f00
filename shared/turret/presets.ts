import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'
import { burst } from './turret-burst.ts'

const name = plain(z.string().trim().min(1).max(60))
export const MOST_PRESETS = 500
export const MOST_PATTERNS = 100

/** A direction with a name. */
export const preset = z.object({
  name,
  pan: z.number(),
  tilt: z.number(),
  key: z.number().int().min(1).max(9).optional().describe('the key that goes there'),
  savedBy: z.string(),
  savedAt: z.number(),
  thumbnail: z.boolean().describe('whether there is a picture of it: `preset.picture`'),
})
export type Preset = z.infer<typeof preset>

/** What is done at a preset. */
export const action = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('still') }).describe("a still of the turret's camera, into the gallery"),
  z.object({
    kind: z.literal('pulse'),
    burst,
    mock: z.boolean().default(true).describe('everything but light: a rehearsal'),
  }),
  z
    .object({ kind: z.literal('trace'), instrument: deviceId, channel: z.number().int().min(1).max(6) })
    .describe('a trace, into the library'),
])
export type Action = z.infer<typeof action>

export const patternStep = z.object({
  preset: name,
  dwellS: z.number().min(0).max(86_400).default(1).describe('how long it stays, the action included'),
  action: action.prefault({ kind: 'none' }),
})

/** A way over presets. */
export const pattern = z.object({
  name,
  steps: z.array(patternStep).min(1).max(200),
  speed: z.number().positive().max(3600).optional().describe('degrees/s; the fastest when left out'),
  rounds: z.number().int().min(0).max(1_000_000).default(1).describe('0 goes on until it is stopped'),
})
export type Pattern = z.infer<typeof pattern>

/** `pattern` in the turret's topic, while one is run. */
export const patternRun = z.object({
  name,
  state: z.enum(['moving', 'acting', 'dwelling', 'paused']),
  step: z.number().int().describe('from 0'),
  steps: z.number().int(),
  round: z.number().int().describe('from 1'),
  rounds: z.number().int(),
  why: z.string().describe('why it is paused').optional(),
})
export type PatternRun = z.infer<typeof patternRun>

const device = z.object({ device: deviceId })
const nothing = z.object({})
const named = device.extend({ name })

export const presetCommands = {
  'preset.save': command({
    about:
      'Keep where the turret points, or a direction, under a name, with a picture of what is seen there.',
    role: 'operator',
    lease: true,
    sets: true,
    input: named.extend({
      pan: z.number().optional().describe('degrees; where it points when left out'),
      tilt: z.number().optional().describe('degrees; where it points when left out'),
      key: z.number().int().min(1).max(9).optional().describe('taken from whichever preset had it'),
    }),
    output: preset,
  }),
  'preset.go': command({
    about: 'Point where a preset says; answers the direction.',
    role: 'operator',
    lease: true,
    moves: true,
    input: named.extend({ wait: z.boolean().default(false).describe('answer on arrival') }),
    output: z.object({ pan: z.number(), tilt: z.number() }),
  }),
  'preset.delete': command({
    about: 'Forget a preset that no pattern needs.',
    role: 'operator',
    lease: true,
    sets: true,
    input: named,
    output: nothing,
  }),
  'preset.picture': command({
    about: "A preset's picture, JPEG as base64.",
    role: 'viewer',
    input: named,
    output: z.object({ jpeg: z.string() }),
  }),
  'pattern.save': command({
    about: 'Keep a pattern of presets under its name.',
    role: 'operator',
    lease: true,
    sets: true,
    input: device.extend(pattern.shape),
    output: nothing,
  }),
  'pattern.delete': command({
    about: 'Forget a pattern.',
    role: 'operator',
    lease: true,
    sets: true,
    input: named,
    output: nothing,
  }),
  'pattern.run': command({
    about: 'Begin a pattern.',
    role: 'operator',
    lease: true,
    moves: true,
    input: named,
    output: nothing,
  }),
  'pattern.pause': command({
    about: 'Hold the pattern where it is; the turret comes to rest, light ends.',
    role: 'operator',
    safe: true,
    input: device,
    output: nothing,
  }),
  'pattern.resume': command({
    about: 'Go on with the pattern that is paused, with the step that it was paused in.',
    role: 'operator',
    lease: true,
    moves: true,
    input: device,
    output: nothing,
  }),
  'pattern.stop': command({
    about: 'Give the pattern up; the turret comes to rest, light ends.',
    role: 'operator',
    safe: true,
    input: device,
    output: nothing,
  }),
}
