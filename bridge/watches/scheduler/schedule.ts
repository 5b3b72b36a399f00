import { Cron } from 'croner'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { QuietHours, WatchSchedule } from '../../../shared/watches/watch.ts'

const MINUTE_MS = 60_000
/** Quiet hours that follow each other are passed one after the other; so many in a row are all of a week. */
const MOST_QUIET = 20
const cronJobs = new Map<string, Cron>()
const MOST_CRONS = 2000

/**
 * When a watch is due next (ms since the epoch), after a check that began at `from`; never in its quiet hours.
 * Undefined for one that is checked by hand only, or whose cron has no time left.
 */
export function nextDue(schedule: WatchSchedule, from: number, now: number): number | undefined {
  let due = dueAfter(schedule, from, now)
  for (let n = 0; due !== undefined && schedule.quiet && n < MOST_QUIET; n++) {
    const end = quietUntil(schedule.quiet, due)
    if (end === undefined) return due
    due = schedule.cron === undefined ? end : dueAfter(schedule, end - 1, end - 1)
  }
  return schedule.quiet && due !== undefined && quietUntil(schedule.quiet, due) !== undefined
    ? undefined
    : due
}

/** Whether a schedule goes by the time of day, and not only by the time between two checks. */
export function goesByClock({ cron, quiet }: WatchSchedule): boolean {
  return cron !== undefined || quiet !== undefined
}

/** Throws `input.invalid` for a schedule by which nothing would ever be checked. */
export function requireSchedule(schedule: WatchSchedule, now: number): void {
  if (schedule.everyS === undefined && schedule.cron === undefined) return
  if (nextDue(schedule, now, now) !== undefined) return
  throw new BenchError(
    'input.invalid',
    'schedule: it never comes to be: the quiet hours leave no time, or the cron has none',
  )
}

function dueAfter({ everyS, cron, zone }: WatchSchedule, from: number, now: number): number | undefined {
  if (everyS !== undefined) return Math.max(now, from + everyS * 1000)
  if (cron === undefined) return undefined
  return cronOf(cron, zone)
    .nextRun(new Date(Math.max(from, now)))
    ?.getTime()
}

function cronOf(pattern: string, zone: string | undefined): Cron {
  const key = `${zone ?? ''}\n${pattern}`
  const known = cronJobs.get(key)
  if (known) return known
  try {
    const job = new Cron(pattern, { paused: true, mode: '5-or-6-parts', ...(zone && { timezone: zone }) })
    // The zone is looked at when a time is asked for.
    job.nextRun()
    if (cronJobs.size >= MOST_CRONS) cronJobs.clear()
    cronJobs.set(key, job)
    return job
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BenchError(
      'input.invalid',
      `schedule.cron: "${pattern}" ${zone ?? ''} cannot be read: ${why}`,
      { cause },
    )
  }
}

/** When the quiet hours end that `at` lies in; undefined when it lies in none. By the bridge's own clock. */
export function quietUntil({ from, to, days }: QuietHours, at: number): number | undefined {
  if (from === to) return undefined
  const date = new Date(at)
  for (const back of [0, 1]) {
    const begin = onDay(date, -back, from)
    const end = onDay(date, to > from ? -back : 1 - back, to)
    const day = begin.getDay() === 0 ? 7 : begin.getDay()
    if (days && days.length > 0 && !days.includes(day)) continue
    if (at >= begin.getTime() && at < end.getTime()) return Math.ceil(end.getTime() / MINUTE_MS) * MINUTE_MS
  }
  return undefined
}

function onDay(date: Date, days: number, time: string): Date {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, hour, minute)
}
