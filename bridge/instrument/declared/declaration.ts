import { z } from 'zod'
import { entryName, readingLimits, settingType } from '../../../shared/instrument/declared.ts'
import { parseSpec } from './parse-spec.ts'
import { traceEntry } from './trace-spec.ts'
import { commandText, messageText, queryText, regexText } from './wire-text.ts'

/** Nobody waits longer for one answer; a laser that tunes, or a meter that integrates, may take this long. */
const MOST_DEADLINE_MS = 120_000
const MOST_PERIOD_MS = 3_600_000
/** How often a setting is read back: one that emits is seen to be switched on at the instrument itself. */
const SETTING_MS = 10_000
const EMITTING_MS = 1000

const named = { label: z.string().optional().describe('what the page calls it; the name when left out') }
const deadlineMs = z
  .number()
  .int()
  .min(50)
  .max(MOST_DEADLINE_MS)
  .default(3000)
  .describe('how long the instrument may take to answer, ms')
const everyMs = z.number().int().min(20).max(MOST_PERIOD_MS)
const digits = z.number().int().min(1).max(12)
const confirm = z.string().optional().describe('what the page asks before it does it')
const emits = z.boolean().default(false).describe('may switch light on')

export const readingEntry = z.strictObject({
  ...named,
  query: queryText,
  unit: z.string().default(''),
  units: z
    .strictObject({ by: entryName, are: z.record(z.string(), z.string()) })
    .optional()
    .describe(
      'where its unit follows from how a setting stands: which setting, and the unit for each of its values',
    ),
  parse: parseSpec,
  everyMs: everyMs.default(1000).describe('how often it is asked for, ms'),
  digits: digits.default(5).describe('significant digits to show'),
  limits: readingLimits.optional().describe('what colours it'),
  deadlineMs,
})
export type ReadingEntry = z.infer<typeof readingEntry>

/** `query`: the instrument is asked, by the setting's own query with MIN or MAX behind it; or another query; or a number. */
const bound = z.union([z.number(), z.literal('query'), queryText])

const choice = z.union([
  messageText.transform((value) => ({ value, label: value, send: value, answer: value })),
  z
    .strictObject({
      value: messageText.describe('what callers say'),
      label: z.string().optional(),
      send: messageText.optional().describe('what the instrument is sent, if not `value`'),
      answer: z.string().optional().describe('what it answers, if not what it is sent'),
    })
    .transform(({ value, label = value, send = value, answer = send }) => ({ value, label, send, answer })),
])

export const settingEntry = z
  .strictObject({
    ...named,
    query: queryText.optional().describe('how it is read back; left out for what cannot be read'),
    command: commandText.describe('with {value} where the value goes'),
    type: settingType,
    unit: z.string().default(''),
    parse: parseSpec,
    range: z.strictObject({ min: bound.optional(), max: bound.optional() }).default({}),
    choices: z.array(choice).min(1).optional(),
    words: z
      .strictObject({ on: messageText.default('ON'), off: messageText.default('OFF') })
      .prefault({})
      .describe('of a switch: what is sent for on and off'),
    step: z.number().positive().optional().describe('what the arrow keys change it by'),
    decimals: z
      .number()
      .int()
      .min(0)
      .max(20)
      .optional()
      .describe('sent with so many, if not as many as it has'),
    digits: digits.default(9).describe('significant digits to show'),
    emits,
    offWhenSafe: z
      .boolean()
      .optional()
      .describe('a switch that reads off once `safe` was sent; as `emits` if left out'),
    confirm,
    everyMs: everyMs
      .optional()
      .describe(
        `how often it is read back, ms; ${SETTING_MS}, or ${EMITTING_MS} for one that emits, when left out; 250 at most while it may emit`,
      ),
    deadlineMs,
  })
  .superRefine((setting, context) => {
    const wrong = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (!setting.command.includes('{value}')) wrong('command', 'say with {value} where the value goes')
    if ((setting.type === 'choice') !== (setting.choices !== undefined))
      wrong('choices', 'a choice has choices, and nothing else has')
    const ranged = setting.type === 'number' || setting.type === 'integer'
    if (!ranged && (setting.range.min ?? setting.range.max) !== undefined)
      wrong('range', 'only a number or an integer has a range')
    if (setting.query === undefined && Object.values(setting.range).includes('query'))
      wrong('range', 'a range that is asked for needs the setting’s query')
    if (setting.offWhenSafe && (setting.type !== 'boolean' || setting.query === undefined))
      wrong('offWhenSafe', 'only a boolean with a query can be seen to be off')
  })
  .transform((setting) => ({
    ...setting,
    everyMs: setting.everyMs ?? (setting.emits ? EMITTING_MS : SETTING_MS),
  }))
export type SettingEntry = z.infer<typeof settingEntry>

export const actionEntry = z.strictObject({
  ...named,
  commands: z.array(commandText).min(1),
  confirm,
  emits,
  deadlineMs,
})
export type ActionEntry = z.infer<typeof actionEntry>

const channel = z.union([z.number().int().min(0), z.string().regex(/^[A-Za-z0-9]{1,8}$/)])

/** How an instrument is declared: in instruments/, in bench.yaml, or half here and half there. */
export const declaration = z
  .strictObject({
    name: z.string().optional().describe('maker and model, for people'),
    identifies: regexText.optional().describe('a regular expression that its answer to *IDN? matches'),
    manual: z.string().optional().describe('where these facts are from'),
    channels: z
      .array(channel)
      .default([])
      .describe('what {channel} stands for: each entry that says {channel} is there once for each'),
    open: z.array(commandText).default([]).describe('commands that are sent when it is opened'),
    safe: z
      .array(commandText)
      .default([])
      .describe(
        'commands that make it safe: sent by a stop, past every queue; of one that emits, at each end too',
      ),
    guard: z
      .enum(['standby', 'takeover'])
      .optional()
      .describe(
        'how the guardian reaches it when the bridge cannot: standby for one that takes a second connection, takeover for one that takes one at a time; standby over HiSLIP and VXI-11, takeover elsewhere when left out',
      ),
    errors: z
      .enum(['queue', 'none'])
      .default('queue')
      .describe('whether it has an error queue (:SYST:ERR?), which is emptied after each command'),
    readings: z.record(entryName, readingEntry).default({}).describe('what it measures'),
    settings: z.record(entryName, settingEntry).default({}).describe('what it can be set to'),
    actions: z.record(entryName, actionEntry).default({}).describe('what it can be told to do'),
    traces: z.record(entryName, traceEntry).default({}).describe('curves that it gives'),
  })
  .superRefine((given, context) => {
    const emitting = [...Object.values(given.settings), ...Object.values(given.actions)].some((e) => e.emits)
    if (emitting && given.safe.length === 0) {
      const message = 'an instrument that emits says what makes it safe, e.g. [":OUTP OFF"]'
      context.addIssue({ code: 'custom', path: ['safe'], message })
    }
    for (const name of Object.keys(given.settings)) {
      if (!Object.hasOwn(given.readings, name)) continue
      const message = `there is a reading "${name}" already: readings and settings share their names`
      context.addIssue({ code: 'custom', path: ['settings', name], message })
    }
    for (const [name, { units }] of Object.entries(given.readings)) {
      if (units === undefined || Object.hasOwn(given.settings, units.by)) continue
      const message = `there is no setting "${units.by}" that the unit could follow from`
      context.addIssue({ code: 'custom', path: ['readings', name, 'units', 'by'], message })
    }
    if (given.channels.length === 0 && JSON.stringify(given).includes('{channel}'))
      context.addIssue({
        code: 'custom',
        path: ['channels'],
        message: '{channel} is used: list the channels',
      })
  })
export type Declaration = z.infer<typeof declaration>
