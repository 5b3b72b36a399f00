const BLOCK = 64
const EMPTY = -1

/** Where the lowest and the highest sample of every block lie; -1 for a block without a number in it. */
export interface Pyramid {
  lowest: Int32Array
  highest: Int32Array
}

/** Points to draw: sample numbers, rising, and their values; null where the trace has a gap. */
export interface Points {
  index: number[]
  value: (number | null)[]
}

/** Looks once over all samples, so that a later look at any part of them is short. */
export function buildPyramid(samples: Float32Array): Pyramid {
  const blocks = Math.ceil(samples.length / BLOCK)
  const lowest = new Int32Array(blocks).fill(EMPTY)
  const highest = new Int32Array(blocks).fill(EMPTY)
  for (let block = 0; block < blocks; block++) {
    const end = Math.min(samples.length, (block + 1) * BLOCK)
    let low = EMPTY
    let high = EMPTY
    for (let i = block * BLOCK; i < end; i++) {
      const value = samples[i]!
      // NaN compares false with everything, so it never becomes an extreme once a number has.
      if (low === EMPTY ? value === value : value < samples[low]!) low = i
      if (high === EMPTY ? value === value : value > samples[high]!) high = i
    }
    lowest[block] = low
    highest[block] = high
  }
  return { lowest, highest }
}

/**
 * The samples of [from, to) as at most two points a pixel column: its lowest and its highest sample, in their order,
 * so that no spike is lost however far out the view is. Few samples are answered as they are.
 */
export function decimate(
  samples: Float32Array,
  pyramid: Pyramid,
  from: number,
  to: number,
  columns: number,
): Points {
  const begin = Math.max(0, Math.floor(from))
  const end = Math.min(samples.length, Math.ceil(to))
  const points: Points = { index: [], value: [] }
  if (end - begin <= columns * 2) {
    for (let i = begin; i < end; i++) push(points, i, samples[i]!)
    return points
  }
  for (let column = 0; column < columns; column++) {
    const left = begin + Math.floor(((end - begin) * column) / columns)
    const right = begin + Math.floor(((end - begin) * (column + 1)) / columns)
    const [low, high] = extremes(samples, pyramid, left, right)
    if (low === EMPTY) push(points, left, NaN)
    else {
      push(points, Math.min(low, high), samples[Math.min(low, high)]!)
      if (low !== high) push(points, Math.max(low, high), samples[Math.max(low, high)]!)
    }
  }
  return points
}

function push(points: Points, index: number, value: number): void {
  points.index.push(index)
  points.value.push(Number.isNaN(value) ? null : value)
}

function extremes(
  samples: Float32Array,
  pyramid: Pyramid,
  from: number,
  to: number,
): [low: number, high: number] {
  let low = EMPTY
  let high = EMPTY
  let i = from
  while (i < to) {
    const whole = i % BLOCK === 0 && i + BLOCK <= to
    const lowHere = whole ? pyramid.lowest[i / BLOCK]! : i
    const highHere = whole ? pyramid.highest[i / BLOCK]! : i
    if (lowHere !== EMPTY) {
      const least = samples[lowHere]!
      const most = samples[highHere]!
      if (low === EMPTY ? least === least : least < samples[low]!) low = lowHere
      if (high === EMPTY ? most === most : most > samples[high]!) high = highHere
    }
    i += whole ? BLOCK : 1
  }
  return [low, high]
}
