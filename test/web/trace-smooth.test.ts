import { expect, it } from 'vitest'
import { smooth } from '../../shared/traces/smooth.ts'

const POINTS = 5000
const wave = Float32Array.from({ length: POINTS }, (_, i) => Math.sin(i / 3) + 0.2 * Math.sin(i * 1.7) - 20)

/** Savitzky and Golay's weights as their definition has them: the value at the middle of the fitted parabola. */
function byLeastSquares(samples: Float32Array, i: number, half: number): number {
  let [x0, x2, x4, y0, y2] = [0, 0, 0, 0, 0]
  for (let j = -half; j <= half; j++) {
    const value = samples[i + j]!
    x0 += 1
    x2 += j * j
    x4 += j ** 4
    y0 += value
    y2 += j * j * value
  }
  return (x4 * y0 - x2 * y2) / (x0 * x4 - x2 * x2)
}

it.each([2, 7, 40])('gives the middle of a parabola through %i samples on each side', (half) => {
  const smoothed = smooth(wave, half, 'savitzky-golay')
  for (let i = half; i < POINTS - half; i += 13) {
    expect(smoothed[i]).toBeCloseTo(byLeastSquares(wave, i, half), 4)
  }
})

it('leaves a parabola as it is, which an average flattens', () => {
  const parabola = Float32Array.from({ length: 201 }, (_, i) => ((i - 100) / 10) ** 2)
  expect(smooth(parabola, 10, 'savitzky-golay')[100]).toBeCloseTo(0, 4)
  expect(smooth(parabola, 10, 'average')[100]).toBeCloseTo(110 / 300, 4)
})

it('averages what is in the window, less of it towards the ends', () => {
  const smoothed = smooth(Float32Array.of(1, 2, 6, 4, 5), 2, 'average')
  expect([...smoothed]).toEqual([1, 3, 3.6, 5, 5].map((value): unknown => expect.closeTo(value, 5)))
})

it('takes the whole of a window that fits at the ends too', () => {
  const smoothed = smooth(wave, 1500, 'savitzky-golay')
  for (const i of [2, 100, 1400, POINTS - 3, POINTS - 1200]) {
    expect(smoothed[i]).toBeCloseTo(byLeastSquares(wave, i, Math.min(i, POINTS - 1 - i)), 3)
  }
})

// Work that grew with the window would take hours here: the test would not end within its time.
it('takes a window of a third of the trace at no more work than a small one', () => {
  const long = new Float32Array(940_001).map((_, i) => wave[i % POINTS]!)
  expect(smooth(long, 150_000, 'savitzky-golay').every(Number.isFinite)).toBe(true)
})

it('keeps a gap and lets it spoil nothing beside it', () => {
  const samples = new Float32Array(100).fill(3)
  samples[50] = NaN
  const smoothed = smooth(samples, 10, 'savitzky-golay')
  expect(smoothed[50]).toBeNaN()
  for (const i of [0, 40, 49, 51, 60, 99]) expect(smoothed[i]).toBeCloseTo(3, 5)
})

it('does not drift over a million samples', () => {
  const long = new Float32Array(1_000_000).map((_, i) => wave[i % POINTS]!)
  const smoothed = smooth(long, 25, 'savitzky-golay')
  for (const i of [999_000, 999_900]) expect(smoothed[i]).toBeCloseTo(byLeastSquares(long, i, 25), 4)
})

it('changes nothing without a window, and never what it is given', () => {
  const samples = Float32Array.of(1, 5, 2)
  expect(smooth(samples, 0, 'average')).toEqual(samples)
  smooth(samples, 1, 'average')
  expect(samples).toEqual(Float32Array.of(1, 5, 2))
})
