import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ASKS_WITHIN_MS, RestBeats } from '../../bridge/compat/rest-beats.ts'
import { BEAT_LOST_MS, BEAT_MS } from '../../shared/control/control.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A notebook's beats, and when they came, in ms after it began. */
function beating(): {
  beats: RestBeats<string>
  came: number[]
  instrument: { sweeps: boolean; emits: boolean }
  holds: { lease: boolean }
} {
  const came: number[] = []
  const begun = performance.now()
  const instrument = { sweeps: true, emits: true }
  const holds = { lease: true }
  const beats = new RestBeats<string>({
    beat: (caller) => {
      expect(caller).toBe('notebook')
      if (!holds.lease) return Promise.reject(new Error('lease.required'))
      came.push(performance.now() - begun)
      return Promise.resolve()
    },
    isUnderWay: () => instrument.sweeps,
    mayEmit: () => instrument.emits,
  })
  return { beats, came, instrument, holds }
}

it('beats at once and then in time, for 10 s after the last request and no longer', async () => {
  const { beats, came } = beating()
  await beats.begin('notebook')
  expect(came).toEqual([0])
  await vi.advanceTimersByTimeAsync(9000)
  beats.asked()
  await vi.advanceTimersByTimeAsync(60_000)
  const apart = came.slice(1).map((at, i) => at - (came[i] ?? 0))
  expect(Math.max(...apart)).toBeLessThan(BEAT_LOST_MS)
  expect(came.at(-1)).toBeGreaterThan(9000 + ASKS_WITHIN_MS - 2 * BEAT_MS)
  expect(came.at(-1)).toBeLessThanOrEqual(9000 + ASKS_WITHIN_MS)
})

it('ends for a laser that a sweep has left on, and not while the instrument proves that it is dark', async () => {
  const { beats, came, instrument } = beating()
  await beats.begin('notebook')
  await vi.advanceTimersByTimeAsync(3000)
  instrument.sweeps = false
  for (let s = 0; s < 20; s++) {
    beats.asked()
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(came.at(-1)).toBeGreaterThan(4000)
  expect(came.at(-1)).toBeLessThanOrEqual(5250)

  const dark = beating()
  await dark.beats.begin('notebook')
  dark.instrument.sweeps = dark.instrument.emits = false
  await vi.advanceTimersByTimeAsync(8000)
  expect(dark.came.at(-1)).toBeGreaterThan(7000)
})

it('begins nothing without the lease, ends with it, and begins again', async () => {
  const { beats, came, holds } = beating()
  holds.lease = false
  await expect(beats.begin('notebook')).rejects.toThrow('lease.required')
  holds.lease = true
  await beats.begin('notebook')
  await vi.advanceTimersByTimeAsync(1000)
  const before = came.length
  holds.lease = false
  await vi.advanceTimersByTimeAsync(1000)
  holds.lease = true
  await vi.advanceTimersByTimeAsync(1000)
  expect(came).toHaveLength(before)
  await beats.begin('notebook')
  await vi.advanceTimersByTimeAsync(1000)
  expect(came.length).toBeGreaterThan(before + 3)
})
