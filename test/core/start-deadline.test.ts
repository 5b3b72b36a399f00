import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { machineLoad, slowdown, slowdownOf } from '../../bridge/core/machine-load.ts'
import { inWords, StartDeadline, withStartDeadline } from '../../bridge/core/start-deadline.ts'

describe('how much slower a machine is', () => {
  it.each([
    ['quiet', { stalled: 0, perProcessor: 0.1 }, 1],
    ['half the time something waited', { stalled: 0.5, perProcessor: 9 }, 2],
    ['nine tenths of it', { stalled: 0.9, perProcessor: 9 }, 10],
    ['all of it: ten times at most', { stalled: 1, perProcessor: 99 }, 10],
    ['no pressure known, a thread a processor', { stalled: undefined, perProcessor: 1 }, 1],
    ['no pressure known, three a processor', { stalled: undefined, perProcessor: 3 }, 3],
    ['nothing known', { stalled: undefined, perProcessor: undefined }, 1],
  ])('%s', (_, load, times) => {
    expect(slowdown(load)).toBeCloseTo(times)
  })
  it('is read from the kernel', () => {
    const { stalled = 0, perProcessor } = machineLoad()
    expect(stalled).toBeGreaterThanOrEqual(0)
    expect(stalled).toBeLessThanOrEqual(1)
    // This test itself runs.
    expect(perProcessor).toBeGreaterThan(0)
  })
})

it('takes a process that sleeps, is stopped or has gone for no slower than it is', async () => {
  const child = spawn('sleep', ['60'])
  await expect.poll(() => slowdownOf(child.pid)).toBe(1)
  child.kill('SIGSTOP')
  await expect.poll(() => slowdownOf(child.pid)).toBe(1)
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(slowdownOf(child.pid)).toBe(1)
})

describe('a deadline for a start', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** When it is late, ms after it began; undefined within 200 s. */
  function lateAt(
    slow: (atMs: number) => number,
    heldUp: (atMs: number) => number = () => 0,
  ): number | undefined {
    const begun = Date.now()
    let late: number | undefined
    // As if this process had been kept from its timers: they come, and it is later than they were set for.
    let keptMs = 0
    const now = (): number => Date.now() - begun + keptMs
    const deadline = new StartDeadline({
      now,
      slowdown: () => slow(now()),
    })
    deadline.begin(1000, (afterMs) => (late = afterMs))
    for (let step = 0; step < 2000 && late === undefined; step++) {
      keptMs += heldUp(now())
      vi.advanceTimersByTime(100)
    }
    deadline.end()
    return late
  }

  it('is what it says on a quiet machine', () => expect(lateAt(() => 1)).toBe(1000))
  it('is so many times as long as the machine is slow', () => expect(lateAt(() => 3.5)).toBe(3500))
  it('is ten times as long at most', () => expect(lateAt(() => 1000)).toBe(10_000))
  it('follows a machine that becomes busier', () => {
    expect(lateAt((at) => (at < 2000 ? 2 : at < 4000 ? 4 : 5))).toBe(5000)
  })
  it('is over at the next look once the machine is quiet again', () => {
    expect(lateAt((at) => (at < 1500 ? 2 : 1))).toBe(2000)
  })
  it('does not count what this process was held up itself, for the answer may wait in its queue', () => {
    // Held up for 3 s at once, from 900 ms on: as long again is given.
    const at = lateAt(
      () => 1,
      (now) => (now >= 900 && now < 1000 ? 3000 : 0),
    )
    expect(at).toBeGreaterThan(6000)
    expect(at).toBeLessThan(8000)
  })
  it('is over after ten times for a process that is always held up', () => {
    const at = lateAt(
      () => 1,
      () => 900,
    )
    expect(at).toBeGreaterThanOrEqual(10_000)
    expect(at).toBeLessThan(12_000)
  })
  it('comes once, begins anew, and not after its end', () => {
    const late = vi.fn()
    const deadline = new StartDeadline({ now: () => Date.now(), slowdown: () => 1 })
    deadline.begin(1000, late)
    vi.advanceTimersByTime(900)
    deadline.begin(1000, late)
    vi.advanceTimersByTime(900)
    expect(late).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5000)
    expect(late).toHaveBeenCalledTimes(1)
    deadline.begin(1000, late)
    deadline.end()
    vi.advanceTimersByTime(20_000)
    expect(late).toHaveBeenCalledTimes(1)
  })
})

it('says what was given, and what it would be without the load', () => {
  expect(inWords(10_010, 10_000)).toBe('10 s')
  expect(inWords(34_000, 10_000)).toBe('34 s, 10 s on a machine that is not busy')
})

it('closes what comes when nobody waits any more', async () => {
  const work = Promise.withResolvers<string>()
  const late = Promise.withResolvers<string>()
  const gone = AbortSignal.abort()
  const waiting = withStartDeadline(work.promise, 1000, 'it', { signal: gone, late: late.resolve })
  await expect(waiting).rejects.toMatchObject({ code: 'aborted', message: 'it was given up' })
  work.resolve('after all')
  expect(await late.promise).toBe('after all')
})

describe('a process that really is slow to start, three times its deadline,', () => {
  /** How it ended: by itself with what it said, or killed when its deadline was over. */
  async function start(slow: number): Promise<string> {
    const child = spawn('sh', ['-c', 'sleep 0.6; echo ready'], { stdio: ['ignore', 'pipe', 'ignore'] })
    using deadline = new StartDeadline({ now: () => performance.now(), slowdown: () => slow })
    deadline.begin(200, () => child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (data: Buffer) => {
      deadline.end()
      said += data.toString()
    })
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    return signal ?? said.trim()
  }
  it('is killed on a quiet machine', async () => expect(await start(1)).toBe('SIGKILL'))
  it('starts on one that is ten times as slow', async () => expect(await start(10)).toBe('ready'))
})
