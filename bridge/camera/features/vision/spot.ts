import type { Detectors } from '../../../../shared/camera/vision.ts'
import { blobsIn } from './blobs.ts'
import type { Found, Look } from './picture.ts'

/** How far up from the mean to the brightest a pixel must be to belong to a spot. */
const SHARE = 0.7

/** The brightest places, by the middle of their light. The threshold goes with the picture's own brightness. */
export function findSpots(look: Look, settings: NonNullable<Detectors['spot']>): Found[] {
  const { y, width, height } = look
  let sum = 0
  let most = 0
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!
    sum += value
    if (value > most) most = value
  }
  const mean = sum / y.length
  const threshold = mean + Math.max(settings.contrast, SHARE * (most - mean))
  if (most <= threshold) return []
  return blobsIn(width, height, (index) => y[index]! - threshold)
    .filter(({ area }) => area >= settings.smallestArea)
    .map((blob) => ({
      x: blob.x,
      y: blob.y,
      width: blob.right - blob.left + 1,
      height: blob.bottom - blob.top + 1,
      score: Math.min(1, (most - mean) / 255 + 0.2),
      label: -1,
    }))
}
