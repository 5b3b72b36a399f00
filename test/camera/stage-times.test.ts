import { describe, expect, it } from 'vitest'
import { StageTimes } from '../../bridge/camera/frame/stage-times.ts'
import { CpuShare } from '../../bridge/core/cpu.ts'
import { percentile, summaryOf, TimeWindow } from '../../bridge/core/window.ts'
import { LineTimes } from '../../bridge/diagnostics/line-times.ts'
import { ViewerReports } from '../../bridge/diagnostics/viewer-reports.ts'
import { Journal } from '../../bridge/instrument/scpi/journal.ts'

describe('stage times', () => {
  it('tell the median and the 95th percentile of each stage', () => {
    const times = new StageTimes()
    for (let i = 1; i <= 100; i++) times.mark('encode', 101 - i, 1000)
    times.mark('send', 0.25, 1000)
    expect(times.summary(1000)).toEqual({
      encode: { count: 100, medianMs: 50, p95Ms: 95 },
      send: { count: 1, medianMs: 0.25, p95Ms: 0.25 },
    })
  })

  it('forget what is older than a minute, and say nothing of a stage that nothing goes through', () => {
    const times = new StageTimes()
    times.mark('slot', 5, 0)
    times.mark('slot', 7, 30_000)
    expect(times.summary(61_000).slot).toMatchObject({ count: 1, medianMs: 7 })
    expect(times.summary(200_000)).toEqual({})
  })

  it('leave out what a clock that was set has made of it', () => {
    const times = new StageTimes()
    times.mark('capture', -3_600_000, 0)
    expect(times.summary(0)).toEqual({})
  })

  it('hold so many and no more, the newest', () => {
    const window = new TimeWindow(60_000, 10)
    for (let i = 0; i < 1000; i++) window.note(i, 0)
    expect([...window.sorted(0)]).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999])
  })
})

it('takes the nearest rank for a percentile', () => {
  expect([0, 0.5, 0.95, 1].map((part) => percentile([1, 2, 3, 4], part))).toEqual([1, 2, 4, 4])
  expect(summaryOf([])).toBeUndefined()
})

it('tells the share of a core between two readings, and nothing of a process that is another', () => {
  const share = new CpuShare()
  expect(share.read(500, 0)).toBeUndefined()
  expect(share.read(1000, 2000)).toBe(25)
  expect(share.read(10, 4000)).toBeUndefined()
  expect(share.read(30, 4100)).toBe(20)
})

describe("viewers' reports", () => {
  it('count for a minute, over all who watch the camera', () => {
    const reports = new ViewerReports()
    reports.add({ viewer: 'a', decodeMs: 2, latencyMs: 40 }, 0)
    reports.add({ viewer: 'a', decodeMs: 4 }, 50_000)
    reports.add({ viewer: 'b', decodeMs: 6 }, 50_000)
    reports.add({ viewer: 'other', decodeMs: 600 }, 50_000)
    expect(reports.stages(['a', 'b'], 55_000)).toEqual({ decode: { count: 3, medianMs: 4, p95Ms: 6 } })
    expect(reports.stages(['a', 'b'], 70_000).decode?.count).toBe(2)
    expect(reports.latency(['a', 'b'], 55_000)).toMatchObject({ medianMs: 40 })
  })

  it('are bound, however often somebody reports, and forgotten with their viewer', () => {
    const reports = new ViewerReports()
    for (let i = 0; i < 5000; i++) reports.add({ viewer: 'a', decodeMs: i }, i)
    expect(reports.stages(['a'], 5000).decode?.count).toBeLessThanOrEqual(30)
    expect(reports.newest('a')?.decodeMs).toBe(4999)
    reports.keepOnly(new Set())
    expect(reports.newest('a')).toBeUndefined()
  })
})

it('reads waits from a journal as it grows, each exchange once, and notes are none', () => {
  const journal = new Journal()
  const line = new LineTimes('dut', journal)
  const exchange = (waitMs: number): void =>
    journal.add({
      at: performance.timeOrigin + performance.now(),
      lane: 'poll',
      by: 'poll',
      who: '',
      sent: '*IDN?',
      sentBytes: 6,
      answerBytes: 10,
      waitMs,
      wireMs: 2,
    })
  exchange(1)
  line.look()
  line.look()
  exchange(3)
  journal.note('control', { by: 'bridge', who: '' }, 'reopened', 'device.timeout')
  line.look()
  expect(line.summary()).toMatchObject({
    device: 'dut',
    exchanges: 3,
    errors: 1,
    lineWait: { count: 2, medianMs: 1, p95Ms: 3 },
    wire: { count: 2, medianMs: 2 },
  })
})
