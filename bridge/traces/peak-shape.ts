/** How far down from the most transmission a width is taken. */
const WIDTH_DB = 3
/** A dip's baseline is looked for from 5 to 20 half widths away: there a Lorentzian is within 0.2 dB of its level. */
const BASE_FROM = 5
const BASE_TO = 20
const ROUNDS = 3
/** The bottom that a parabola is laid through rises by this much, or four times the noise; of what is no level, by this part. */
const BOTTOM_DB = 1
const BOTTOM_PART = 0.05
const MOST_IN_MEDIAN = 1001

/** One dip, or one peak turned upside down, in samples and dB. */
export interface Shape {
  index: number
  value: number
  baseline: number
  width: number | undefined
}

/** Where to look: the deepest sample found, and how far its own ground goes on both sides. */
export interface Place {
  kind: 'peak' | 'dip'
  index: number
  left: number
  right: number
  prominence: number
}

/** The spread of the noise from one sample to the next, robust against whatever the trace itself does (MAD). */
export function noiseOf(y: Float32Array): number {
  const step = Math.max(1, Math.floor(y.length / 4000))
  const bends: number[] = []
  for (let i = 1; i + 1 < y.length; i += step) {
    const bend = Math.abs(y[i - 1]! - 2 * y[i]! + y[i + 1]!)
    if (Number.isFinite(bend)) bends.push(bend)
  }
  // The second difference of independent noise spreads by the square root of 1 + 4 + 1.
  return bends.length === 0 ? 0 : (1.4826 * median(bends)) / Math.sqrt(6)
}

/**
 * Measures what stands at a place: its exact position, how deep it is, and, where `y` is in dB, how wide 3 dB below the
 * most transmission.
 */
export function measureShape(y: Float32Array, place: Place, noise: number, inDb: boolean): Shape {
  const widthDb = inDb ? WIDTH_DB : Infinity
  const sign = place.kind === 'dip' ? 1 : -1
  const z = (i: number): number => sign * y[i]!
  const { index, value } = bottom(z, place, noise, inDb ? BOTTOM_DB : place.prominence * BOTTOM_PART)
  let half = meanHalf(z, place, value + place.prominence / 2)
  let base = value + place.prominence
  for (let round = 0; round < ROUNDS; round++) {
    base = baseline(z, place, index, half)
    half = meanHalf(z, place, widthLevel(place.kind, value, base, widthDb))
  }
  const level = widthLevel(place.kind, value, base, widthDb)
  const [from, to] = [crossing(z, place, -1, level, half), crossing(z, place, 1, level, half)]
  const deepEnough = base - value > widthDb && from !== undefined && to !== undefined
  return { index, value: sign * value, baseline: sign * base, width: deepEnough ? to - from : undefined }
}

/** Upside down a peak's top is its least: 3 dB from that, while a dip's width is taken 3 dB from its baseline. */
function widthLevel(kind: Place['kind'], value: number, base: number, widthDb: number): number {
  if (base - value <= widthDb) return (base + value) / 2
  return kind === 'dip' ? base - widthDb : value + widthDb
}

function bottom(
  z: (i: number) => number,
  place: Place,
  noise: number,
  least: number,
): { index: number; value: number } {
  const lowest = z(place.index)
  const rise = Math.min(Math.max(least, 4 * noise), place.prominence / 2)
  const left = edge(z, place, -1, lowest + rise) ?? place.left
  const right = edge(z, place, 1, lowest + rise) ?? place.right
  const half = Math.max(1, Math.round((right - left - 1) / 2))
  let middle = (left + right) / 2
  let found = { index: place.index, value: lowest }
  for (let round = 0; round < 2; round++) {
    const fit = parabola(z, Math.max(place.left, middle - half), Math.min(place.right, middle + half))
    if (!fit || Math.abs(fit.index - middle) > half) break
    found = fit
    middle = fit.index
  }
  return found
}

/** The lowest point of the parabola through the samples from `from` to `to`, by least squares; none when it opens downwards. */
function parabola(
  z: (i: number) => number,
  from: number,
  to: number,
): { index: number; value: number } | undefined {
  const [first, last] = [Math.ceil(from), Math.floor(to)]
  const n = last - first + 1
  if (n < 3) return undefined
  // Around the middle of the samples the odd sums vanish, and what is left of the normal equations is this.
  const middle = (first + last) / 2
  let [x2, x4, y0, y1, y2] = [0, 0, 0, 0, 0]
  for (let i = first; i <= last; i++) {
    const x = i - middle
    const value = z(i)
    x2 += x * x
    x4 += x ** 4
    y0 += value
    y1 += x * value
    y2 += x * x * value
  }
  const a = (n * y2 - x2 * y0) / (n * x4 - x2 * x2)
  const b = y1 / x2
  const c = (y0 - a * x2) / n
  if (!(a > 0)) return undefined
  return { index: middle - b / (2 * a), value: c - (b * b) / (4 * a) }
}

function baseline(z: (i: number) => number, place: Place, index: number, half: number): number {
  const side = (direction: -1 | 1, limit: number): { level: number; away: number } | undefined => {
    const room = Math.abs(limit - index)
    // A peak stands on what lies between it and the next one, a dip hangs from what is beside it.
    const to = place.kind === 'dip' ? Math.min(room, BASE_TO * half) : room
    const from = place.kind === 'dip' ? Math.min(BASE_FROM * half, 0.75 * to) : 0.75 * to
    const count = Math.floor(to - from)
    if (count < 1) return undefined
    const step = Math.max(1, Math.floor(count / MOST_IN_MEDIAN))
    const values: number[] = []
    for (let d = Math.ceil(from); d <= to; d += step) values.push(z(Math.round(index + direction * d)))
    const finite = values.filter(Number.isFinite)
    return finite.length === 0 ? undefined : { level: median(finite), away: (from + to) / 2 }
  }
  const left = side(-1, place.left)
  const right = side(1, place.right)
  if (left && right) {
    return (left.level * right.away + right.level * left.away) / (left.away + right.away)
  }
  return (left ?? right)?.level ?? z(place.index) + place.prominence
}

/** Half the width at a level; the side that reaches it counts for both when the other does not. */
function meanHalf(z: (i: number) => number, place: Place, level: number): number {
  const left = edge(z, place, -1, level)
  const right = edge(z, place, 1, level)
  const halves = [left, right].filter((at) => at !== undefined).map((at) => Math.abs(at - place.index))
  if (halves.length === 0) return (place.right - place.left) / 4
  return Math.max(1, halves.reduce((sum, half) => sum + half, 0) / halves.length)
}

/** The first sample, outwards, that is at the level or above. */
function edge(
  z: (i: number) => number,
  { index, left, right }: Place,
  direction: -1 | 1,
  level: number,
): number | undefined {
  for (let i = index + direction; i >= left && i <= right; i += direction) if (z(i) >= level) return i
  return undefined
}

/** Where the trace crosses the level, between samples: on the line through a tenth of the half width around it. */
function crossing(
  z: (i: number) => number,
  place: Place,
  direction: -1 | 1,
  level: number,
  half: number,
): number | undefined {
  const at = edge(z, place, direction, level)
  if (at === undefined) return undefined
  const inner = z(at - direction)
  const between = at - direction * ((z(at) - level) / (z(at) - inner))
  const reach = Math.floor(half / 10)
  if (reach < 2) return between
  let x = between
  for (let round = 0; round < ROUNDS; round++) {
    const middle = Math.round(x)
    let [sum, slope, squares] = [0, 0, 0]
    for (let d = -reach; d <= reach; d++) {
      sum += z(middle + d)
      slope += d * z(middle + d)
      squares += d * d
    }
    const next = middle + (level - sum / (2 * reach + 1)) / (slope / squares)
    if (!(Math.abs(next - between) < half / 2)) return between
    x = next
  }
  return x
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
