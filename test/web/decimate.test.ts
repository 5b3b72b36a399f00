import { expect, it } from 'vitest'
import { buildPyramid, decimate } from '../../web/traces/plot/decimate.ts'

const COLUMNS = 800

function noise(points: number): Float32Array {
  let seed = 7
  return Float32Array.from({ length: points }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  })
}

it('keeps a spike one sample wide in a million', () => {
  const samples = noise(940_001)
  samples[543_210] = -60
  const { index, value } = decimate(samples, buildPyramid(samples), 0, samples.length, COLUMNS)
  expect(Math.min(...value.map((v) => v ?? 0))).toBe(-60)
  expect(index).toContain(543_210)
})

it('draws at most two points a pixel column, from left to right', () => {
  const samples = noise(940_001)
  const { index } = decimate(samples, buildPyramid(samples), 0, samples.length, COLUMNS)
  expect(index.length).toBeLessThanOrEqual(2 * COLUMNS)
  expect(index).toEqual([...index].sort((a, b) => a - b))
})

it('finds in every column what looking at each sample would find', () => {
  const samples = noise(10_000)
  const { value } = decimate(samples, buildPyramid(samples), 137, 9_411, 100)
  const span = 9_411 - 137
  for (let column = 0; column < 100; column++) {
    const part = samples.subarray(
      137 + Math.floor((span * column) / 100),
      137 + Math.floor((span * (column + 1)) / 100),
    )
    const pair = value.slice(2 * column, 2 * column + 2).map((v) => v ?? NaN)
    expect(Math.min(...pair)).toBe(Math.min(...part))
    expect(Math.max(...pair)).toBe(Math.max(...part))
  }
})

it('answers few samples as they are', () => {
  const samples = Float32Array.of(1, 2, NaN, 4)
  expect(decimate(samples, buildPyramid(samples), 0, 4, COLUMNS)).toEqual({
    index: [0, 1, 2, 3],
    value: [1, 2, null, 4],
  })
})

it('draws a gap where a whole column has no number', () => {
  const samples = new Float32Array(1000).fill(NaN, 300, 700)
  const { value } = decimate(samples, buildPyramid(samples), 0, 1000, 10)
  expect(value.filter((v) => v === null)).toHaveLength(4)
})
