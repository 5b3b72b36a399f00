import type { Detectors } from '../../../../shared/camera/vision.ts'
import { blobsIn } from './blobs.ts'
import { type Found, halved, type Look } from './picture.ts'

type MotionSettings = NonNullable<Detectors['motion']>

/** How quickly what is new becomes the background: shares of the difference a second. */
const LEARN_PER_S = 0.25
/** What has been found moving is learned this much more slowly, or what stands still a moment would sink in. */
const SLOWLY = 0.15
/** What has not changed for so long, s, is no more moving: it has come to stay, or has left a hole where it was at first. */
const STANDS_S = 4
const FIRST_DEVIATION = 6
/** Cells of so many px of the half-size picture decide together: single pixels are noise. */
export const CELL = 4
/** Of a cell's pixels, so many must have changed. */
const CHANGED = 3
/** Changed all over: that is the light, or the camera, and nothing that moves. */
const MOST_CHANGED = 0.5

/** Motion in front of a camera that stands: each pixel against its own mean and deviation (running Gaussian). */
export class Motion {
  #mean: Float32Array | undefined
  #deviation = new Float32Array(0)
  #before = new Uint8Array(0)
  /** For how long each pixel has been as it is, s. */
  #same = new Float32Array(0)
  #last = 0

  /** `madeAt` in ms: the background learns by the clock, not by the frame. */
  find(look: Look, settings: MotionSettings, madeAt: number): Found[] {
    const { grey, width, height } = halved(look)
    const seconds = Math.min(1, Math.max(0, (madeAt - this.#last) / 1000))
    this.#last = madeAt
    if (this.#mean?.length !== grey.length) {
      this.#mean = Float32Array.from(grey)
      this.#deviation = new Float32Array(grey.length).fill(FIRST_DEVIATION)
      this.#before = Uint8Array.from(grey)
      this.#same = new Float32Array(grey.length)
      return []
    }
    const mean = this.#mean
    const deviation = this.#deviation
    const before = this.#before
    const same = this.#same
    const share = 1 - Math.exp(-LEARN_PER_S * seconds)
    const { least, times } = thresholds(settings.sensitivity)
    const changed = new Uint8Array(grey.length)
    let count = 0
    for (let i = 0; i < grey.length; i++) {
      const difference = grey[i]! - mean[i]!
      const size = Math.abs(difference)
      const isChanged = size > least + times * deviation[i]!
      if (isChanged) {
        changed[i] = Math.min(255, size)
        count += 1
      }
      same[i] = Math.abs(grey[i]! - before[i]!) > least ? 0 : same[i]! + seconds
      if (isChanged && same[i]! > STANDS_S) {
        mean[i] = grey[i]!
        deviation[i] = FIRST_DEVIATION
        continue
      }
      const learned = isChanged ? share * SLOWLY : share
      mean[i] = mean[i]! + difference * learned
      deviation[i] = deviation[i]! + (size - deviation[i]!) * learned
    }
    before.set(grey)
    if (count > grey.length * MOST_CHANGED) {
      this.#mean.set(grey)
      return []
    }
    return movers(changed, width, height, settings)
  }
}

/** From how much change on a pixel counts, and how many of its own deviations it has to be besides. */
export function thresholds(sensitivity: number): { least: number; times: number } {
  return { least: 4 + 24 * (1 - sensitivity), times: 1 + 3 * (1 - sensitivity) }
}

/** The things of a half-size picture of changes, 0 for none, in px of the whole picture. */
export function movers(
  changed: Uint8Array,
  width: number,
  height: number,
  settings: MotionSettings,
): Found[] {
  const across = Math.floor(width / CELL)
  const down = Math.floor(height / CELL)
  const cells = new Float32Array(across * down)
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      let count = 0
      for (let y = 0; y < CELL; y++) {
        const from = (row * CELL + y) * width + column * CELL
        for (let x = 0; x < CELL; x++) if (changed[from + x]! > 0) count += 1
      }
      cells[row * across + column] = count >= CHANGED ? count : 0
    }
  }
  return blobsIn(across, down, (index) => cells[index]!).flatMap(({ left, right, top, bottom }) => {
    const found = boundsOf(changed, width, {
      left: left * CELL,
      right: (right + 1) * CELL - 1,
      top: top * CELL,
      bottom: (bottom + 1) * CELL - 1,
    })
    return found.area * 4 >= settings.smallestArea ? [found.found] : []
  })
}

/** The changed pixels within some cells, tightly. */
function boundsOf(
  changed: Uint8Array,
  width: number,
  within: { left: number; right: number; top: number; bottom: number },
): { area: number; found: Found } {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  let [area, sum, sumX, sumY] = [0, 0, 0, 0]
  for (let y = within.top; y <= within.bottom; y++) {
    for (let x = within.left; x <= within.right; x++) {
      const weight = changed[y * width + x]!
      if (weight === 0) continue
      area += 1
      sum += weight
      sumX += weight * x
      sumY += weight * y
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  const size = { width: (right - left + 1) * 2, height: (bottom - top + 1) * 2 }
  const middle = { x: (sumX / sum) * 2 + 0.5, y: (sumY / sum) * 2 + 0.5 }
  return { area, found: { ...middle, ...size, score: Math.min(1, sum / area / 100), label: -1 } }
}
