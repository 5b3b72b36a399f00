import { beforeEach, expect, it } from 'vitest'
import { Silence, TICK_MS } from '../../web/link/silence.ts'

const MOST_MS = 1000

let now: number
let lost: number[]
let silence: Silence

beforeEach(() => {
  now = 0
  lost = []
  silence = new Silence(
    MOST_MS,
    () => lost.push(now),
    () => now,
  )
})

function tickFor(ms: number): void {
  for (const end = now + ms; now < end;) {
    now += TICK_MS
    silence.tick()
  }
}

it('says once that nothing was heard for 1 s, when that is so', () => {
  tickFor(5000)
  expect(lost).toEqual([MOST_MS])
})

it('says it again of the next silence', () => {
  tickFor(2000)
  silence.heard()
  tickFor(2000)
  expect(lost).toEqual([MOST_MS, 3000])
})

it('hears what comes in time', () => {
  for (let i = 0; i < 20; i++) {
    tickFor(MOST_MS - TICK_MS)
    silence.heard()
  }
  expect(lost).toEqual([])
})

it('does not take its own being late for silence: what was sent meanwhile is still to be read', () => {
  tickFor(500)
  now += 10_000
  // A worker's ticks have waited as well.
  for (let i = 0; i < 100; i++) silence.tick()
  expect(lost).toEqual([])
  silence.heard()
  now += 10_000
  silence.tick()
  expect(lost).toEqual([])
  tickFor(MOST_MS)
  expect(lost).toHaveLength(1)
})
