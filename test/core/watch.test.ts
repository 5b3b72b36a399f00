import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Watch } from '../../bridge/core/deadline.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function watched(): { watch: Watch; late: string[]; begin: (ms: number, name: string) => void } {
  const watch = new Watch()
  const late: string[] = []
  return {
    watch,
    late,
    begin: (ms, name) => watch.begin(performance.now(), ms, () => late.push(name)),
  }
}

it('calls once when the time is over, and not before', () => {
  const { late, begin } = watched()
  begin(3000, 'slow')
  vi.advanceTimersByTime(2990)
  expect(late).toEqual([])
  vi.advanceTimersByTime(20)
  expect(late).toEqual(['slow'])
  vi.advanceTimersByTime(10_000)
  expect(late).toEqual(['slow'])
})

it('calls for nothing that has ended, and leaves no timer behind', () => {
  const { watch, late, begin } = watched()
  for (let n = 0; n < 100; n++) {
    begin(3000, 'query')
    watch.end()
    expect(vi.getTimerCount()).toBe(1)
  }
  vi.advanceTimersByTime(3010)
  expect(late).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

it('gives each its own whole time, also a shorter one behind a longer and a later one on the timer of an earlier', () => {
  const { watch, late, begin } = watched()
  begin(3000, 'long')
  watch.end()
  begin(50, 'short')
  vi.advanceTimersByTime(60)
  expect(late).toEqual(['short'])
  begin(1000, 'first')
  watch.end()
  vi.advanceTimersByTime(600)
  begin(1000, 'second')
  vi.advanceTimersByTime(990)
  expect(late).toEqual(['short'])
  vi.advanceTimersByTime(20)
  expect(late).toEqual(['short', 'second'])
})

it('gives the whole time again to what is alive', () => {
  const { watch, late, begin } = watched()
  begin(100, 'block')
  for (let n = 0; n < 10; n++) {
    vi.advanceTimersByTime(80)
    watch.extend()
  }
  expect(late).toEqual([])
  vi.advanceTimersByTime(110)
  expect(late).toEqual(['block'])
  watch.extend()
  vi.advanceTimersByTime(1000)
  expect(late).toEqual(['block'])
})
