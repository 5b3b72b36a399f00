import { expect, it } from 'vitest'
import { PowerRing } from '../../web/instrument/power-ring.ts'

function push(ring: PowerRing, rows: [time: number, ...values: number[]][]): void {
  ring.push(
    Float64Array.from(rows, ([time]) => time),
    Float32Array.from(rows.flatMap(([, ...values]) => values)),
  )
}

it('holds the newest rows, as many as it has room for', () => {
  const ring = new PowerRing(1, 3)
  push(ring, [
    [100, 1],
    [200, 2],
    [300, 3],
    [400, 4],
  ])
  expect(ring.length).toBe(3)
  expect(ring.last()).toEqual([4])
  expect(ring.window(400, 1000, 10)[1]).toEqual([2, 3, 4])
})

it('leaves out what a backlog repeats after a reconnection', () => {
  const ring = new PowerRing(1, 10)
  push(ring, [
    [100, 1],
    [200, 2],
  ])
  push(ring, [
    [100, 1],
    [200, 2],
    [300, 3],
  ])
  expect(ring.window(300, 1000, 10)[1]).toEqual([1, 2, 3])
})

it('gives seconds before now, and only the span that was asked for', () => {
  const ring = new PowerRing(2, 10)
  push(ring, [
    [1000, 1, 10],
    [1100, 2, 20],
    [1200, 3, 30],
  ])
  expect(ring.window(1200, 150, 10)).toEqual([
    [-0.1, 0],
    [2, 3],
    [20, 30],
  ])
})

it('shows a hole where the line was held for longer than three periods', () => {
  const ring = new PowerRing(1, 10)
  push(ring, [
    [0, 1],
    [2000, 2],
  ])
  expect(ring.window(2000, 60_000, 10)[1]).toEqual([1, null, 2])
})

it('shows a sample that is no number as missing', () => {
  const ring = new PowerRing(1, 10)
  push(ring, [
    [0, NaN],
    [100, 1],
  ])
  expect(ring.window(100, 1000, 10)[1]).toEqual([null, 1])
})
