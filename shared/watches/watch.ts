import { z } from 'zod'
import { deviceId } from '../wire/device.ts'
import { plain } from '../wire/secret.ts'
import { tag } from '../traces/trace.ts'
import { watchWhat } from './watch-what.ts'

export const MOST_WATCHES = 5000

/** Made by the bridge. */
export const watchId = plain(z.string().regex(/^[a-z0-9]{8,32}$/, "a watch's id is a-z and 0-9, 8 to 32"))
const hour = plain(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is HH:MM'))
const seconds = z.number().positive().max(86_400)

/** When nothing is checked by itself; by the bridge's clock. `from` later than `to` goes over midnight. */
export const quietHours = z.object({
  from: hour,
  to: hour,
  days: z
    .array(z.number().int().min(1).max(7))
    .max(7)
    .optional()
    .describe('1 Monday to 7 Sunday, of its beginning; all when left out'),
})
export type QuietHours = z.infer<typeof quietHours>

/** When a watch is checked by itself. */
export const watchSchedule = z
  .object({
    everyS: z
      .number()
      .min(0.1)
      .max(31_536_000)
      .optional()
      .describe('so many seconds after the last check began'),
    cron: plain(z.string().max(120)).optional().describe('instead: five or six fields, e.g. 0 7 * * 1-5'),
    zone: plain(z.string().max(60))
      .optional()
      .describe("of `cron`, e.g. Europe/Berlin; the bridge's when left out"),
    quiet: quietHours.optional(),
  })
  .refine(
    ({ everyS, cron }) => everyS === undefined || cron === undefined,
    'give everyS or cron, or neither to check by hand only',
  )
export type WatchSchedule = z.infer<typeof watchSchedule>

export const watchEventKind = z.enum(['failed', 'recovered', 'changed'])
export type WatchEventKind = z.infer<typeof watchEventKind>

/** The name of a channel of bench.yaml (`watches.notify`). */
export const channelName = plain(
  z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a channel is a-z, 0-9 and -, begins with a letter'),
)

/** Something the bench does by itself when a watch tells of something, as the one who saved the watch. */
export const benchAction = z.discriminatedUnion('do', [
  z.object({ do: z.literal('safe'), device: deviceId }).describe('make the device safe'),
  z.object({ do: z.literal('still'), device: deviceId }).describe('take a still'),
  z
    .object({ do: z.literal('record'), device: deviceId, forS: z.number().min(1).max(3600).default(30) })
    .describe('record the video'),
])
export type BenchAction = z.output<typeof benchAction>

/** Whom a watch tells, of what. The page hears of everything anyway. */
export const notifyRule = z.object({
  on: z.array(watchEventKind).min(1).max(3).default(['failed', 'recovered']),
  to: z.array(channelName).max(10).default([]),
  actions: z.array(benchAction).max(5).default([]),
})
export type NotifyRule = z.output<typeof notifyRule>

/** A watch as people write it. */
export const watchBody = z.object({
  name: plain(z.string().trim().min(1).max(120)),
  tags: z.array(tag).max(20).default([]),
  what: watchWhat,
  schedule: watchSchedule.prefault({ everyS: 60 }),
  retries: z
    .object({
      times: z
        .number()
        .int()
        .min(0)
        .max(10)
        .default(0)
        .describe('it fails only when so many checks more have failed as well'),
      afterS: seconds.default(5),
    })
    .prefault({}),
  deadlineS: z
    .number()
    .min(1)
    .max(300)
    .default(30)
    .describe('a check that takes longer is ended, and has failed'),
  notify: z.array(notifyRule).max(10).default([]),
  keep: z
    .object({
      checks: z.number().int().min(10).max(10_000).default(500).describe('so many of the newest are kept'),
      snapshots: z
        .number()
        .int()
        .min(0)
        .max(500)
        .default(20)
        .describe('of what was seen at changes and failures, so many'),
    })
    .prefault({}),
  notes: plain(z.string().max(4000)).default(''),
})
export type WatchBody = z.output<typeof watchBody>
/** As a caller writes it: what has a default may be left out. */
export type WatchDraft = z.input<typeof watchBody>

/** A watch as it is kept. `revision` rises with each saving. */
export const watch = watchBody.extend({
  id: watchId,
  revision: z.number().int(),
  createdAt: z.number().describe('ms since the epoch'),
  savedAt: z.number(),
  savedBy: z.string(),
  savedWith: z.string().optional().describe('how they were known: session, local, or the id of their token'),
  paused: z.boolean(),
  muted: z.boolean().describe('it is checked and shown, and tells nobody'),
})
export type Watch = z.output<typeof watch>
