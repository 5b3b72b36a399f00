/** Steps after which running sums are taken anew: what their rounding adds up to in between is below a float32. */
const RESEED = 1024

/** `average`: each sample counts alike. `savitzky-golay`: a parabola is fitted, which keeps the height of peaks. */
export type SmoothingKind = 'average' | 'savitzky-golay'

/**
 * The samples, smoothed over a window of 2 * half + 1 of them; towards the ends and gaps (NaN) the window shrinks with
 * what is left on the shorter side. One pass, however wide the window is (Savitzky and Golay 1964, their quadratic
 * smoothing weights; the sums are carried from one window to the next).
 */
export function smooth(samples: Float32Array, half: number, kind: SmoothingKind): Float32Array<ArrayBuffer> {
  const out = new Float32Array(samples)
  if (half < 1) return out
  for (let begin = 0; begin < samples.length; begin++) {
    if (Number.isNaN(samples[begin])) continue
    let end = begin + 1
    while (end < samples.length && !Number.isNaN(samples[end])) end++
    smoothRun(samples, out, begin, end, half, kind)
    begin = end
  }
  return out
}

function smoothRun(
  y: Float32Array,
  out: Float32Array,
  begin: number,
  end: number,
  half: number,
  kind: SmoothingKind,
): void {
  const m = Math.min(half, Math.floor((end - begin - 1) / 2))
  smoothEdge(y, out, begin, 1, m, kind)
  smoothEdge(y, out, end - 1, -1, m, kind)
  const [a, b] = weights(m, kind)
  let sums = NO_SUMS
  for (let i = begin + m, age = RESEED; i < end - m; i++, age++) {
    if (age >= RESEED) {
      age = 0
      sums = sumsAround(y, i, m, 1)
    } else {
      // Seen from the next sample every weight moves by one: (j - 1)^2 = j^2 - 2 j + 1.
      const [s0, s1, s2] = sums
      const left = y[i - m - 1]!
      const entered = y[i + m]!
      sums = [
        s0 + entered - left,
        s1 - s0 + (m + 1) * left + m * entered,
        s2 - 2 * s1 + s0 - (m + 1) ** 2 * left + m * m * entered,
      ]
    }
    out[i] = a * sums[0] + b * sums[2]
  }
}

/** From an end inwards, the window growing by a sample on each side with every step. */
function smoothEdge(
  y: Float32Array,
  out: Float32Array,
  first: number,
  direction: 1 | -1,
  most: number,
  kind: SmoothingKind,
): void {
  let sums = NO_SUMS
  for (let m = 0, age = RESEED; m < most; m++, age++) {
    const i = first + direction * m
    if (age >= RESEED) {
      age = 0
      sums = sumsAround(y, i, m, direction)
    } else {
      const [s0, s1, s2] = sums
      const inner = y[i + direction * (m - 1)]!
      const outer = y[i + direction * m]!
      sums = [
        s0 + inner + outer,
        s1 - s0 + (m - 1) * inner + m * outer,
        s2 - 2 * s1 + s0 + (m - 1) ** 2 * inner + m * m * outer,
      ]
    }
    const [a, b] = weights(m, kind)
    out[i] = a * sums[0] + b * sums[2]
  }
}

/** Of the samples at distance j from the middle: their sum, that of j times each, and of j^2 times each. */
type Sums = readonly [s0: number, s1: number, s2: number]
const NO_SUMS: Sums = [0, 0, 0]

function sumsAround(y: Float32Array, i: number, m: number, direction: 1 | -1): Sums {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  for (let j = -m; j <= m; j++) {
    const value = y[i + direction * j]!
    s0 += value
    s1 += j * value
    s2 += j * j * value
  }
  return [s0, s1, s2]
}

/** The weight of the sample at distance j is a + b * j^2. */
function weights(m: number, kind: SmoothingKind): [a: number, b: number] {
  const n = 2 * m + 1
  if (kind === 'average' || m < 2) return [1 / n, 0]
  const squares = (m * (m + 1) * n) / 3
  const fourths = (squares * (3 * m * m + 3 * m - 1)) / 5
  const divisor = n * fourths - squares * squares
  return [fourths / divisor, -squares / divisor]
}
