import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'
import { traceInfo } from '../traces/trace.ts'

/** A reading, setting, action or trace of a declared instrument, as its declaration calls it. */
export const entryName = plain(
  z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, 'a name is a-z, 0-9 and -, begins with a letter, 48 at most'),
)

/** What a setting is set to, and what a reading or a setting reads. */
export const declaredScalar = z.union([z.number(), z.boolean(), plain(z.string().max(256))])
export type DeclaredScalar = z.infer<typeof declaredScalar>

const shown = {
  label: z.string(),
  channel: z.string().describe('which of the instrument’s channels it belongs to').optional(),
}

/** Between which numbers a reading is as it should be. */
export const readingLimits = z.strictObject({
  warnBelow: z.number().optional(),
  warnAbove: z.number().optional(),
  badBelow: z.number().optional(),
  badAbove: z.number().optional(),
})
export type ReadingLimits = z.infer<typeof readingLimits>

export const declaredReading = z.object({
  ...shown,
  kind: z.enum(['number', 'boolean', 'text']),
  unit: z.string(),
  units: z
    .object({ by: entryName, are: z.record(z.string(), z.string()) })
    .describe('which setting its unit follows from, and the unit for each of its values')
    .optional(),
  digits: z.number().int().describe('significant digits to show'),
  everyMs: z.number(),
  column: z.number().int().describe('its place in the stream `readings/<id>`; numbers only').optional(),
  limits: readingLimits.optional(),
})
export type DeclaredReading = z.infer<typeof declaredReading>

export const settingType = z.enum(['number', 'integer', 'boolean', 'choice', 'text'])
export type SettingType = z.infer<typeof settingType>

export const declaredSetting = z.object({
  ...shown,
  type: settingType,
  unit: z.string(),
  digits: z.number().int().describe('significant digits to show'),
  min: z.number().optional(),
  max: z.number().optional(),
  step: z.number().optional(),
  choices: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
  confirm: z
    .string()
    .describe('what is asked before it is set; of a switch, before it is switched on')
    .optional(),
  emits: z.boolean().describe('set by `instrument.emit`; a switch is switched off by `instrument.set`'),
})
export type DeclaredSetting = z.infer<typeof declaredSetting>

export const declaredAction = z.object({
  ...shown,
  confirm: z.string().describe('what is asked before it is done').optional(),
  emits: z.boolean().describe('done by `instrument.emit`'),
})
export type DeclaredAction = z.infer<typeof declaredAction>

export const declaredTrace = z.object({ ...shown, unit: z.string(), axisUnit: z.string() })
export type DeclaredTrace = z.infer<typeof declaredTrace>

/** The newest of a reading or setting. Without `value` there is none, and `note` says why. */
export const declaredValue = z.object({
  value: declaredScalar.optional(),
  note: z.enum(['not a number', 'above range', 'below range', 'not understood']).optional(),
  at: z.number().describe('ms since the epoch'),
  stale: z.literal(true).describe('it was to be read again since, and could not be').optional(),
  level: z.enum(['warn', 'bad']).describe('beyond its limits').optional(),
})
export type DeclaredValue = z.infer<typeof declaredValue>

/** What an instrument that is declared in bench.yaml can do, and what it reads: enough to build its panel. */
export const declaredState = z.object({
  model: z.string().describe('what the declaration calls the instrument').optional(),
  readings: z.record(entryName, declaredReading),
  settings: z.record(entryName, declaredSetting),
  actions: z.record(entryName, declaredAction),
  traces: z.record(entryName, declaredTrace),
  /** Of readings and settings, by name; at most four a second each. */
  values: z.record(entryName, declaredValue),
  safe: z.boolean().describe('whether `instrument.safe` does anything'),
  skipped: z.number().int().describe('polls left out because the line was busy'),
})
export type DeclaredState = z.infer<typeof declaredState>

export const declaredCommands = {
  'instrument.read': command({
    about: 'Ask the instrument for a reading or a setting now, and answer what it says.',
    role: 'operator',
    input: z.object({ device: deviceId, name: entryName }),
    output: declaredValue,
  }),
  'instrument.set': command({
    about: 'Set one of a declared instrument’s settings; answers what the instrument took.',
    role: 'operator',
    lease: true,
    input: z.object({ device: deviceId, setting: entryName, value: declaredScalar }),
    output: declaredValue,
  }),
  'instrument.act': command({
    about: 'Do one of a declared instrument’s actions.',
    role: 'operator',
    lease: true,
    input: z.object({ device: deviceId, action: entryName }),
    output: z.object({}),
  }),
  'instrument.emit': command({
    about:
      'Set a setting or do an action that is declared as emitting: it may switch light on, and needs the heartbeat.',
    role: 'operator',
    lease: true,
    emits: true,
    input: z.object({
      device: deviceId,
      setting: entryName.describe('with `value`; or else `action`').optional(),
      value: declaredScalar.optional(),
      action: entryName.optional(),
    }),
    output: z.object({ taken: declaredValue.describe('of a setting: what the instrument took').optional() }),
  }),
  'instrument.safe': command({
    about: 'Send what makes a declared instrument safe, past everything else on the line.',
    role: 'operator',
    safe: true,
    input: z.object({ device: deviceId }),
    output: z.object({
      proven: z
        .boolean()
        .describe('whether the instrument itself has proven that it is safe; else it was sent'),
    }),
  }),
  'instrument.trace': command({
    about: 'Fetch one of a declared instrument’s traces and keep it; answers where it is.',
    role: 'operator',
    audited: true,
    input: z.object({ device: deviceId, trace: entryName }),
    output: traceInfo,
  }),
}
