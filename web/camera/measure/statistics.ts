import type { Samples } from './decode.ts'

/** Grey values with their size. */
export interface Grey {
  width: number
  height: number
  samples: Samples
  /** What the samples can reach. */
  full: number
}

/** A part of a picture, px, within it. */
export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

export interface RegionStatistics {
  pixels: number
  mean: number
  /** Of the pixels as a whole, not of a sample of them. */
  deviation: number
  min: number
  max: number
  /** At full scale. */
  saturated: number
}

export const HISTOGRAM_BINS = 256

/** How many pixels have which value, in 256 bins from 0 to full scale, and what follows of it. */
export interface Counted {
  bins: Uint32Array<ArrayBuffer>
  statistics: RegionStatistics
  /** Values that half a per cent of the pixels are below, and above: for levels that show the most. */
  low: number
  high: number
}

/** The part of `rect` that lies in the picture, in whole pixels; all of the picture for none. */
export function within({ width, height }: Grey, rect: Rect | undefined): Rect {
  if (!rect) return { x: 0, y: 0, width, height }
  const x = Math.min(width - 1, Math.max(0, Math.floor(rect.x)))
  const y = Math.min(height - 1, Math.max(0, Math.floor(rect.y)))
  return {
    ...{ x, y },
    width: Math.max(1, Math.min(width, Math.ceil(rect.x + rect.width)) - x),
    height: Math.max(1, Math.min(height, Math.ceil(rect.y + rect.height)) - y),
  }
}

/** Counts the values in a part of the picture. Exact: every value is counted for itself before it goes into a bin. */
export function countValues(grey: Grey, rect: Rect | undefined): Counted {
  const { samples, width, full } = grey
  const part = within(grey, rect)
  const counts = new Uint32Array(full + 1)
  for (let y = part.y; y < part.y + part.height; y++) {
    const row = y * width
    // What claims to be above full scale is at it.
    for (let i = row + part.x; i < row + part.x + part.width; i++) counts[Math.min(full, samples[i]!)]! += 1
  }
  return summarize(counts, part.width * part.height)
}

function summarize(counts: Uint32Array<ArrayBuffer>, pixels: number): Counted {
  const full = counts.length - 1
  const bins = new Uint32Array(HISTOGRAM_BINS)
  const edge = pixels * 0.005
  let [sum, below, min, max, low, high] = [0, 0, full, 0, -1, full]
  for (let value = 0; value <= full; value++) {
    const count = counts[value]!
    if (count === 0) continue
    bins[Math.floor((value * HISTOGRAM_BINS) / (full + 1))]! += count
    sum += count * value
    min = Math.min(min, value)
    max = value
    if (low < 0 && below + count > edge) low = value
    if (below < pixels - edge) high = value
    below += count
  }
  const mean = sum / pixels
  let squares = 0
  for (let value = min; value <= max; value++) squares += counts[value]! * (value - mean) ** 2
  const statistics = {
    ...{ pixels, mean, min, max },
    deviation: Math.sqrt(squares / pixels),
    saturated: counts[full]!,
  }
  return { bins, statistics, low, high }
}
