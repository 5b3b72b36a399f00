import { z } from 'zod'
import { tag } from '../traces/trace.ts'
import { channelName, watchEventKind, watchId } from './watch.ts'
import { watchKinds } from './watch-what.ts'

/** What the last check came to: `new` before the first, and after a change of what is watched. */
export const watchOutcome = z.enum(['new', 'ok', 'failing'])
export type WatchOutcome = z.infer<typeof watchOutcome>

/** One watch, live: what a row of the list shows. All of it small, for it travels to every page. */
export const watchStatus = z.object({
  name: z.string(),
  kind: z.enum(watchKinds),
  tags: z.array(tag),
  target: z
    .string()
    .describe(
      'what it looks at, in a few words: `dut temperatureC`, `cam 10,20 64×64`, `http://10.0.0.7/status`',
    ),
  revision: z.number().int(),
  paused: z.literal(true).optional(),
  muted: z.literal(true).optional(),
  activity: z.enum(['queued', 'checking']).optional().describe('absent while it rests'),
  comment: z.string().optional().describe('what the check does just now; only while it is being checked'),
  outcome: watchOutcome,
  reason: z
    .string()
    .optional()
    .describe('why it fails, or why the last try did not succeed while it is tried again'),
  unseen: z
    .number()
    .int()
    .optional()
    .describe('changes that nobody has marked as seen; absent when there are none'),
  value: z
    .union([z.number(), z.string()])
    .optional()
    .describe('what was seen last, a text cut to 80 characters'),
  unit: z.string().optional(),
  checkedAt: z.number().optional().describe('when the last check ended, ms since the epoch'),
  changedAt: z.number().optional().describe('of the last change'),
  failingSince: z.number().optional(),
  nextAt: z
    .number()
    .optional()
    .describe(
      'when it is due; absent for one that is checked by hand only, or is paused. Of watches checked more often than every 5 s not told',
    ),
  tookMs: z.number().optional().describe('the last check'),
  checks: z.number().int().describe('so many there were'),
  failures: z.number().int().describe('of them, so many failed, since the errors were cleared'),
  changes: z.number().int(),
})
export type WatchStatus = z.infer<typeof watchStatus>

/** One word for a row, the most pressing first. */
export type WatchPhase = 'checking' | 'queued' | 'paused' | 'failing' | 'changed' | 'ok' | 'new'

/** The one word that says how a watch is. Whether it fails or has changed shows besides `checking`: by its outcome. */
export function watchPhase({ activity, paused, outcome, unseen }: WatchStatus): WatchPhase {
  if (activity) return activity
  if (paused) return 'paused'
  if (outcome === 'failing') return 'failing'
  return unseen ? 'changed' : outcome
}

/** The topic `watchlist`: every watch by id. One patch in 25 ms at most, with what changed since the one before. */
export const watchlistState = z.object({ watches: z.record(watchId, watchStatus) })
export type WatchlistState = z.infer<typeof watchlistState>

/** Something to tell people of. */
export const watchEvent = z.object({
  at: z.number(),
  watch: watchId,
  name: z.string(),
  kind: watchEventKind,
  message: z.string(),
})
export type WatchEvent = z.infer<typeof watchEvent>

/** How many events the topic holds. */
export const MOST_EVENTS = 50

/** A way to tell people, as bench.yaml has it, without what is secret. */
export const channelState = z.object({
  kind: z.enum(['webhook', 'mail', 'mqtt']),
  title: z.string().describe('where it goes, without secrets'),
  waiting: z.number().int().describe('messages in the outbox'),
  lost: z
    .number()
    .int()
    .describe('messages given up after every try, or for want of room, since the bridge began'),
  sentAt: z.number().optional().describe('of the last that arrived'),
  error: z.string().optional().describe('why the last try failed; absent once one has succeeded'),
})
export type ChannelState = z.infer<typeof channelState>

/** The topic `watches`: how it goes as a whole. */
export const watchesState = z.object({
  counts: z.object({
    all: z.number().int(),
    failing: z.number().int(),
    unseen: z.number().int().describe('watches with changes that nobody has marked as seen'),
    paused: z.number().int(),
    muted: z.number().int(),
  }),
  queued: z.number().int().describe('waiting'),
  checking: z.number().int(),
  refused: z.number().int().describe('checks left out because the queue was full, since the bridge began'),
  events: z
    .record(z.string(), watchEvent)
    .describe('the newest, keyed by a number that rises by one each; muted watches make none'),
  channels: z.record(channelName, channelState),
  browser: z
    .object({
      available: z.boolean(),
      reason: z.string().optional().describe('why pages cannot be opened in a browser, and what to do'),
      sandbox: z
        .boolean()
        .default(true)
        .describe("whether pages are locked into Chromium's sandbox (watches.pages.sandbox)"),
      restarts: z.number().int().describe('processes of the browser or of a check that died'),
    })
    .describe('the real browser for watches of pages'),
  movedAside: z
    .string()
    .optional()
    .describe(
      'where the database of the watches lies that was damaged when the bridge started: it began with none. Absent when all is well',
    ),
})
export type WatchesState = z.infer<typeof watchesState>
