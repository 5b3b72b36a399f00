import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FreshPictures } from '../../bridge/turret/aiming/fresh-pictures.ts'
import { monotonicMsOf } from '../../bridge/core/clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const PERIOD_MS = 33

function rig() {
  const said: string[] = []
  const pictures = new FreshPictures((why) => said.push(why))
  /** For so long, each picture by so much older than now. */
  const run = (ms: number, ageMs: number): boolean[] => {
    const taken: boolean[] = []
    for (let t = 0; t < ms; t += PERIOD_MS) {
      vi.advanceTimersByTime(PERIOD_MS)
      taken.push(pictures.take(monotonicMsOf(performance.now()) - ageMs))
    }
    return taken
  }
  return { said, pictures, run }
}

it('lets pictures of now through, for as long as they come', () => {
  const { said, run } = rig()
  expect(new Set(run(10_000, 120))).toEqual(new Set([true]))
  expect(said).toEqual([])
  vi.advanceTimersByTime(1900)
  expect(said).toEqual([])
  vi.advanceTimersByTime(200)
  expect(said).toEqual(['no picture has come for 2 s'])
})

it.each([
  [5000, /5.0 s old/],
  [3_600_000, /3600.0 s old/],
  [-5000, /5.0 s ahead of now/],
  [-3_600_000, /3600.0 s ahead of now/],
])('lets none through of a clock that is off by %i ms, and says so after 2 s', (ageMs, why) => {
  const { said, run } = rig()
  expect(new Set(run(1900, ageMs))).toEqual(new Set([false]))
  expect(said).toEqual([])
  run(300, ageMs)
  expect(said[0]).toMatch(why)
})

it('gets over one that was late', () => {
  const { said, run } = rig()
  run(500, 50)
  expect(run(PERIOD_MS, 3000)).toEqual([false])
  expect(new Set(run(5000, 50))).toEqual(new Set([true]))
  expect(said).toEqual([])
})
