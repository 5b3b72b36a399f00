import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, it, vi } from 'vitest'
import {
  epochMs,
  epochMsOf,
  isClockSet,
  localMsOf,
  monotonicMs,
  monotonicMsOf,
  streamMsOf,
} from '../../bridge/core/clock.ts'

const HOUR_MS = 3_600_000

afterEach(() => {
  vi.useRealTimers()
})

it('is the same clock in another process, whatever time of day that one believes in', async () => {
  const code = `import { monotonicMs } from './bridge/core/clock.ts'; console.log(monotonicMs())`
  for (const shift of [0, 5000, -HOUR_MS]) {
    const before = monotonicMs()
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', './test/support/shifted-clock.ts', '--input-type=module', '--eval', code],
      { env: { ...process.env, TEST_SHIFT_MS: String(shift) } },
    )
    expect(Number(stdout)).toBeGreaterThan(before)
    expect(Number(stdout)).toBeLessThan(monotonicMs())
  }
})

it('is performance.now() of this thread but for a constant, both ways', () => {
  const before = performance.now()
  const between = localMsOf(monotonicMs())
  expect(between).toBeGreaterThanOrEqual(before - 0.01)
  expect(between).toBeLessThanOrEqual(performance.now() + 0.01)
  for (const local of [-1e6, 0, 0.25, 12_345.678, 1e9])
    expect(localMsOf(monotonicMsOf(local))).toBeCloseTo(local, 6)
})

it.each([HOUR_MS, -HOUR_MS, 6000, -6000])(
  'says the time of day as it is now, for moments before the clock was set by %i ms as well, and lets streams go on evenly',
  (shift) => {
    const at = monotonicMs()
    const [epoch, stream] = [epochMsOf(at), streamMsOf(at)]
    expect(Math.abs(epoch - Date.now())).toBeLessThan(50)
    expect(isClockSet()).toBe(false)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + shift })
    expect(epochMsOf(at) - epoch).toBeGreaterThan(shift - 100)
    expect(epochMsOf(at) - epoch).toBeLessThan(shift + 100)
    expect(Math.abs(epochMs() - Date.now())).toBeLessThan(1000)
    expect(streamMsOf(at)).toBe(stream)
    // Then a picture's age is not told by it any more.
    expect(isClockSet()).toBe(true)
    expect(monotonicMs()).toBeGreaterThan(at)
    expect(monotonicMs() - at).toBeLessThan(1000)
  },
)
