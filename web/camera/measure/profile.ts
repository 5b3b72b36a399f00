import type { Grey } from './statistics.ts'

export interface Point {
  x: number
  y: number
}

export interface Line {
  from: Point
  to: Point
}

/** The most points in a profile: more than any screen is wide. */
const MOST_POINTS = 4096

/** Values along a line. */
export interface Profile {
  /** From the line's beginning, px. */
  distances: Float64Array<ArrayBuffer>
  values: Float64Array<ArrayBuffer>
}

/**
 * The values along a line, a point a pixel, interpolated between the four nearest (bilinear). Positions count from the
 * corner of the first pixel, whose middle is 0.5, 0.5; beyond the picture there is NaN.
 */
export function profileAlong(grey: Grey, { from, to }: Line): Profile {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const points = Math.min(MOST_POINTS, Math.max(2, Math.round(length) + 1))
  const distances = new Float64Array(points)
  const values = new Float64Array(points)
  for (let i = 0; i < points; i++) {
    const part = i / (points - 1)
    distances[i] = part * length
    values[i] = valueAt(grey, from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part)
  }
  return { distances, values }
}

function valueAt({ samples, width, height }: Grey, x: number, y: number): number {
  if (!(x >= 0 && y >= 0 && x <= width && y <= height)) return NaN
  // Within half a pixel of the edge there is no neighbour to go towards.
  const column = Math.min(width - 1, Math.max(0, x - 0.5))
  const row = Math.min(height - 1, Math.max(0, y - 0.5))
  const left = Math.floor(column)
  const top = Math.floor(row)
  const right = Math.min(width - 1, left + 1)
  const bottom = Math.min(height - 1, top + 1)
  const across = column - left
  const upper = samples[top * width + left]! * (1 - across) + samples[top * width + right]! * across
  const lower = samples[bottom * width + left]! * (1 - across) + samples[bottom * width + right]! * across
  return upper + (lower - upper) * (row - top)
}
