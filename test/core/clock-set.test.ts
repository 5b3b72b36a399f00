import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { Lapse } from '../../bridge/camera/features/lapse/lapse.ts'
import { retentionMs, steadyEpochMs } from '../../bridge/core/clock.ts'
import { Memory } from '../../bridge/guardian/memory.ts'
import { checkReading } from '../../bridge/watches/kinds/reading/check.ts'
import { type Entry, entryOf } from '../../bridge/watches/scheduler/entry.ts'
import { Rounds } from '../../bridge/watches/scheduler/rounds.ts'
import type { MediaEntry } from '../../shared/gallery/gallery.ts'
import type { Watch, WatchSchedule } from '../../shared/watches/watch.ts'
import { gallery } from '../support/gallery.ts'
import { caller, cameraContext, cameraTopic, handler, until } from '../sfu/media-rig.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const clockNow = Date.now

/** From now on the time of day is another by so much. */
function setClock(byMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => clockNow() + byMs)
}
afterEach(() => vi.restoreAllMocks())

/** A watch of a reading that is always there, and its checks. */
function watching(
  schedule: WatchSchedule,
  checkedAt?: number,
): { rounds: Rounds; entry: Entry; checks: number[] } {
  const checks: number[] = []
  const what = {
    kind: 'reading',
    device: 'dut',
    source: { from: 'topic', path: 'x' },
    condition: { is: 'changed', by: 0 },
  } as const
  const watch = {
    id: 'w',
    what,
    schedule,
    deadlineS: 1,
    retries: { times: 0, afterS: 1 },
  } as unknown as Watch
  const entry = entryOf(watch, undefined)
  if (checkedAt !== undefined) entry.status = { ...entry.status, checkedAt }
  const rounds = new Rounds({
    tools: {
      readings: { state: () => ({ value: { x: 1 }, ready: true }), newestPower: () => undefined },
    } as never,
    pagesAtOnce: 1,
    most: 10,
    pictureFile: () => '',
    show: () => {},
    over: (one, { at }) => {
      checks.push(performance.now())
      one.status = { ...one.status, checkedAt: at }
      return false
    },
    queued: () => {},
    dequeued: () => {},
    log: pino({ level: 'silent' }),
  })
  rounds.add(entry)
  return { rounds, entry, checks }
}

it.each([-HOUR_MS, HOUR_MS])('a watch goes on at its pace when the clock is set by %i ms', async (byMs) => {
  const { rounds, entry, checks } = watching({ everyS: 0.2 })
  await using _ = rounds
  await until(() => checks.length === 2)
  setClock(byMs)
  await until(() => checks.length === 6)
  const apart = checks.slice(1).map((at, i) => at - (checks[i] ?? 0))
  expect(Math.min(...apart)).toBeGreaterThan(150)
  expect(entry.status.checkedAt! - clockNow()).toBeCloseTo(byMs, -3)
})

it('a watch that was checked in the future, by a clock that was set back since, is due within its pace', async () => {
  const { rounds, checks } = watching({ everyS: 0.3 }, clockNow() + DAY_MS)
  await using _ = rounds
  await until(() => checks.length === 1)
})

it('a cron follows a clock that is set, and is told by the new one', async () => {
  const atNoon = watching({ cron: '0 12 * * *', zone: 'UTC' })
  await using _ = atNoon.rounds
  const pace = watching({ everyS: 3600 }, clockNow())
  await using __ = pace.rounds
  // Ten seconds before noon of some day: both are told by that clock once it is seen.
  setClock(Math.ceil(clockNow() / DAY_MS) * DAY_MS + 12 * HOUR_MS - 10_000 - clockNow())
  const noon = Math.ceil(clockNow() / DAY_MS) * DAY_MS + 12 * HOUR_MS
  atNoon.rounds.followClock()
  expect(atNoon.entry.status.nextAt).toBeCloseTo(noon, -2)
  const before = pace.entry.dueAt
  pace.rounds.followClock()
  expect(pace.entry.dueAt).toBe(before)
  expect(pace.entry.status.nextAt! - Date.now()).toBeGreaterThan(HOUR_MS - 60_000)
  expect(pace.entry.status.nextAt! - Date.now()).toBeLessThanOrEqual(HOUR_MS)
})

it('a reading is stuck for so long by the clock that goes on, also over a restart with the clock set back', () => {
  const what = {
    kind: 'reading',
    device: 'dut',
    source: { from: 'topic', path: 'x' },
    condition: { is: 'stuck', forS: 60 },
  } as never
  const readings = { state: () => ({ value: { x: 1 }, ready: true }), newestPower: () => undefined }
  const context = (memory: unknown) => ({ failing: false, memory })
  const before = checkReading(what, readings, context(undefined))
  setClock(DAY_MS)
  expect(checkReading(what, readings, context(before.memory)).alarm).toBeUndefined()
  const future = { base: 1, since: steadyEpochMs() + DAY_MS }
  const first = checkReading(what, readings, context(future))
  const later = checkReading(what, readings, context(first.memory), steadyEpochMs() + 61_000)
  expect(later.alarm).toMatch(/^it has been 1 for 6\d(\.\d+)? s$/)
})

it.each([
  ['forward', DAY_MS],
  ['back', -DAY_MS],
])('a time lapse keeps its pace when the clock is set %s by a day', async (_, byMs) => {
  const topic = cameraTopic()
  const taken: number[] = []
  const publisher = { publish: () => expect.unreachable('a time lapse publishes no video') }
  using lapse = new Lapse(cameraContext(publisher, topic, await gallery()), async ({ part }) => {
    taken.push(part ?? 0)
    if (part === 2) setClock(byMs)
    return {} as MediaEntry
  })
  const start = handler(lapse.commands, 'camera.lapse.start')
  await start({ device: 'cam', everyS: 0.5, count: 4, format: 'jpeg' }, caller())
  await until(() => topic.value.lapse?.phase === 'done')
  expect(topic.value.lapse).toMatchObject({ taken: 4, missed: 0 })
  expect(taken).toEqual([1, 2, 3, 4])
})

it('a time lapse that began in the future, by a clock that was set back since, goes on within one step', async () => {
  const keeper = await gallery()
  keeper.saveSeries({
    ...{ group: 'lapse-cam-1', device: 'cam', who: 'ada', since: clockNow() + DAY_MS },
    ...{ everyMs: 500, of: 5, format: 'jpeg', tags: [], taken: 3, missed: 0 },
  })
  const topic = cameraTopic()
  const publisher = { publish: () => expect.unreachable('a time lapse publishes no video') }
  using lapse = new Lapse(cameraContext(publisher, topic, keeper), async () => ({}) as MediaEntry)
  lapse.resume()
  await until(() => topic.value.lapse?.phase === 'done')
  expect(topic.value.lapse).toMatchObject({ taken: 5, missed: 0 })
})

it('a clock that is set forward makes nothing old enough to be deleted', () => {
  setClock(400 * DAY_MS)
  expect(Math.abs(retentionMs() - clockNow())).toBeLessThan(5000)
  setClock(-400 * DAY_MS)
  expect(Math.abs(retentionMs() - clockNow() + 400 * DAY_MS)).toBeLessThan(5000)
})

it('the guardian forgets deaths that the clock of another boot has counted', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'guardian.json')
  new Memory(file).keep({ deaths: [1, 2] })
  expect(new Memory(file).value.deaths).toEqual([1, 2])
  new Memory(file).keep({ boot: 'another' })
  expect(new Memory(file).value.deaths).toEqual([])
})
