import { pngFile } from '../../../camera/features/still/png.ts'
import { greyOf } from './grey.ts'
import type { Grey, JobInput, JobOutput } from '../../worker/jobs.ts'
import { tryReadGrey } from './png-grey.ts'

/** A spot stands out of what is around it by so much of full scale. */
const SPOT_HEIGHT = 0.05

/** What is measured in a picture. Places are px of the frame; `mean` and `share` are 0 to 1. */
export function seePicture({ header, pixels, condition, base }: JobInput<'picture'>): JobOutput<'picture'> {
  const grey = greyOf(header, pixels)
  const { width, height, data } = grey
  // Of a Bayer pattern two pixels are one.
  const scale = (header.step * header.width) / width
  const spot = spotOf(grey)
  const before = base === undefined ? undefined : tryReadGrey(base)
  const comparable = before?.width === width && before.height === height
  const png = pngFile(
    { width, height, samples: 1, data, most: 255 },
    { description: '', madeAt: header.madeAt },
  )
  return {
    mean: meanOf(data) / 255,
    sharpness: sharpnessOf(grey),
    spot: spot && { x: header.x + (spot.x + 0.5) * scale - 0.5, y: header.y + (spot.y + 0.5) * scale - 0.5 },
    share: comparable && condition.is === 'changed' ? differing(before.data, data, condition.by) : undefined,
    width,
    height,
    png,
  }
}

function meanOf(data: Uint8Array): number {
  let sum = 0
  for (const value of data) sum += value
  return sum / data.length
}

/** The share of pixels that differ by more than `by` of full scale. */
function differing(before: Uint8Array, after: Uint8Array, by: number): number {
  const least = by * 255
  let count = 0
  for (let i = 0; i < after.length; i++) if (Math.abs((after[i] ?? 0) - (before[i] ?? 0)) > least) count++
  return count / after.length
}

/** The variance of the Laplacian: how much a pixel differs from its four neighbours. */
function sharpnessOf({ width, height, data }: Grey): number {
  let sum = 0
  let squares = 0
  let n = 0
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x
      const value = data[i - 1]! + data[i + 1]! + data[i - width]! + data[i + width]! - 4 * data[i]!
      sum += value
      squares += value * value
      n++
    }
  }
  return n === 0 ? 0 : squares / n - (sum / n) ** 2
}

/** The centre of what is brighter than half-way between the mean and the brightest; undefined where nothing stands out. */
function spotOf({ width, height, data }: Grey): { x: number; y: number } | undefined {
  const mean = meanOf(data)
  let most = 0
  for (const value of data) if (value > most) most = value
  if (most - mean < SPOT_HEIGHT * 255) return undefined
  const floor = (mean + most) / 2
  let weight = 0
  let [sumX, sumY] = [0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const over = data[y * width + x]! - floor
      if (over <= 0) continue
      weight += over
      sumX += over * x
      sumY += over * y
    }
  }
  return weight > 0 ? { x: sumX / weight, y: sumY / weight } : undefined
}
