import { basePath } from '../wire/base-path.ts'
import { z } from 'zod'
import { command } from '../wire/command.ts'
import { deviceId } from '../wire/device.ts'
import { errorCode } from '../wire/errors.ts'

/** So many exchanges of each instrument are kept. */
export const JOURNAL_KEEPS = 10_000
/** Longer texts are cut in the journal; their bytes are counted all the same. */
export const JOURNAL_TEXT = 200

/** What had the line: the order in which it is served, and `abort`, which waits for no turn. */
export const journalLane = z.enum(['abort', 'control', 'bulk', 'poll'])
export type JournalLane = z.infer<typeof journalLane>

/** What kind of asker it was: the driver by itself, its polls, a command of a person, the console, a program on a shared port, or the bridge. */
export const askerKind = z.enum(['driver', 'poll', 'command', 'console', 'share', 'bridge'])
export type AskerKind = z.infer<typeof askerKind>

/** One exchange with the instrument, or something that happened to its line. */
export const journalEntry = z.object({
  n: z.number().int().describe('rises by one an entry'),
  at: z.number().describe('when it was sent, ms since the epoch'),
  lane: journalLane,
  by: askerKind,
  who: z.string().describe('the person, or the program with its address; empty for polls and the driver'),
  sent: z.string().describe('cut after 200 characters'),
  answer: z.string().describe('cut after 200 characters; `#n block of N bytes` for a block').optional(),
  sentBytes: z.number().int(),
  answerBytes: z.number().int(),
  waitMs: z.number().describe('how long it waited for the line'),
  wireMs: z.number().describe('from its sending to the end of its answer'),
  error: errorCode.optional(),
  message: z.string().describe("the error's words, or what happened").optional(),
})
export type JournalEntry = z.infer<typeof journalEntry>

/** What to look for; members left out do not narrow. */
export const journalFilter = z.object({
  lane: journalLane.optional(),
  by: askerKind.optional(),
  who: z.string().max(100).describe('a part of who asked').optional(),
  text: z.string().max(100).describe('a part of what was sent, answered or said').optional(),
  polls: z.enum(['hide']).describe("without the driver's own polls, which are most of it").optional(),
  errors: z
    .enum(['only'])
    .describe('only what went wrong, errors that the instrument reported included')
    .optional(),
})
export type JournalFilter = z.infer<typeof journalFilter>

/** The topic `line/<device>`: an instrument's connection, and who uses it. */
export const lineState = z.object({
  id: deviceId,
  open: z.boolean(),
  peer: z.string().describe('where the connection leads').optional(),
  /** Who has had the line for longer than a moment. */
  holder: z.object({ lane: journalLane, by: askerKind, who: z.string(), since: z.number() }).optional(),
  /** The program that keeps all others off, and until when at most. */
  lock: z.object({ who: z.string(), until: z.number() }).optional(),
  /** Where other programs find the instrument. */
  share: z
    .object({
      host: z.string(),
      port: z.number().int(),
      hislipPort: z.number().int().optional(),
      portmapperPort: z.number().int().optional().describe('where VXI-11 clients ask'),
    })
    .optional(),
  /** The programs that are connected, by a number of their own. */
  clients: z.record(
    z.string(),
    z.object({
      who: z.string(),
      wire: z.enum(['socket', 'hislip', 'vxi11']),
      acts: z.boolean().describe('may act while somebody holds the lease'),
      since: z.number(),
      waiting: z.number().int().describe('messages that wait for the line'),
    }),
  ),
  console: z.boolean().describe('whether the configuration allows the console'),
  journal: z.object({
    newest: z.number().int().describe('number of the newest entry; 0 before the first'),
    errors: z.number().int().describe('entries with an error so far'),
  }),
})
export type LineState = z.infer<typeof lineState>

export const journalCommands = {
  'journal.read': command({
    about:
      "Entries of an instrument's journal, oldest first: the newest that the filter lets through, those after `after`, or those before `before`.",
    role: 'viewer',
    input: journalFilter.extend({
      device: deviceId,
      after: z.number().int().min(0).optional(),
      before: z.number().int().min(1).optional(),
      limit: z.number().int().min(1).max(1000).default(200),
    }),
    output: z.object({
      entries: z.array(journalEntry),
      newest: z.number().int().describe('what to ask for what comes after'),
      missed: z
        .number()
        .int()
        .describe('entries after `after` that are not here: beyond the limit, or forgotten already'),
    }),
  }),
}

/** Where a journal is exported: JSON lines or CSV, oldest first, narrowed by the filter as a query string. */
export function journalExportPath(device: string, format: 'jsonl' | 'csv'): string {
  return `${basePath}/api/devices/${device}/journal.${format}`
}
