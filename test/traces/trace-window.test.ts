import { performance } from 'node:perf_hooks'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { TraceWindow } from '../../shared/traces/trace.ts'
import { facts, keep, library, noiseFrom } from './trace-rig.ts'

const POINTS = 940_001
const noise = noiseFrom(7)
const samples = Float32Array.from({ length: POINTS }, (_, i) => (i % 5000 < 3 ? NaN : noise()))
samples[543_210] = -60
samples.fill(NaN, 700_000, 720_000)

const metres = (index: number): number => facts.axis.start + index * facts.axis.step
const all: TraceWindow = { from: undefined, to: undefined, width: 1000 }

it('answers in every column what looking at each of its samples would find, at any zoom', async () => {
  const { store } = await library()
  const { id } = await keep(store, samples)
  const windows: [from: number, to: number, width: number][] = [
    [0, POINTS - 1, 1],
    [0, POINTS - 1, 1000],
    [0, POINTS - 1, 4096],
    [123_457, 876_543, 777],
    [690_000, 730_000, 300],
    [500_000, 600_000, 1000],
    [543_000, 543_400, 1000],
    [543_210, 543_210, 10],
    [POINTS - 3, POINTS + 500, 10],
  ]
  for (const [from, to, width] of windows) {
    const { axis, values } = await store.window(id, { from: metres(from), to: metres(to), width })
    const first = Math.round((axis.start - facts.axis.start) / facts.axis.step)
    const step = Math.round(axis.step / facts.axis.step)
    const columns = values.length / 2
    const what = `${from} to ${to} in ${width}`
    expect(columns, what).toBeLessThanOrEqual(width + 1)
    expect(first, what).toBeLessThanOrEqual(from)
    expect(first + columns * step, what).toBeGreaterThan(Math.min(to, POINTS - 1))
    for (let c = 0; c < columns; c++) {
      // The last column ends with the window or with the trace.
      const part = samples.subarray(first + c * step, first + (c + 1) * step)
      const numbers = part.filter((value) => !Number.isNaN(value))
      const [least, most] = numbers.length > 0 ? extremes(numbers) : [NaN, NaN]
      if (c === columns - 1) {
        if (numbers.length > 0) expect(values[c], what).toBeGreaterThanOrEqual(least)
        continue
      }
      expect(values[c], `${what}, column ${c}`).toBe(least)
      expect(values[columns + c], `${what}, column ${c}`).toBe(most)
    }
  }
})

it('loses no dip that is one sample wide', async () => {
  const { store } = await library()
  const { id } = await keep(store, samples)
  const { values } = await store.window(id, all)
  expect(Math.min(...values.filter((value) => !Number.isNaN(value)))).toBe(-60)
})

it('answers any zoom of a trace of 940,001 points in a few ms', async () => {
  const { store } = await library()
  const { id } = await keep(store, samples)
  await store.window(id, all)
  const times: number[] = []
  for (let span = POINTS; span > 100; span = Math.round(span / 2)) {
    const begun = performance.now()
    await store.window(id, { from: metres(1000), to: metres(1000 + span), width: 2000 })
    times.push(performance.now() - begun)
  }
  expect(times.sort((a, b) => a - b)[times.length >> 1]).toBeLessThan(10)
})

it('makes a pyramid again that was lost or cut short', async () => {
  const { store, folder } = await library()
  const { id } = await keep(store, samples)
  const before = await store.window(id, all)
  await truncate(join(folder, `${id}.pyramid`), 1000)
  expect(await store.window(id, all)).toEqual(before)
})

it('shows a trace of a single sample', async () => {
  const { store } = await library()
  const { id } = await keep(store, [-3])
  expect(await store.window(id, all)).toEqual({
    axis: facts.axis,
    values: Float32Array.of(-3, -3),
  })
})

function extremes(numbers: Float32Array): [number, number] {
  let [least, most] = [Infinity, -Infinity]
  for (const value of numbers) [least, most] = [Math.min(least, value), Math.max(most, value)]
  return [least, most]
}
