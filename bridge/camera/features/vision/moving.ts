import type { Detectors } from '../../../../shared/camera/vision.ts'
import type { Spectrum } from './fft.ts'
import { movers, thresholds } from './motion.ts'
import { PhaseCorrelation } from './phase.ts'
import { type Found, halved, type Look } from './picture.ts'

/** What a picture is compared with: those before it by at least so many ms, one and two times. */
const APART_MS = 90
/** Below this the pictures do not agree on how the camera turned: nothing can be said. */
const LEAST_QUALITY = 0.04
/** An edge that lies this far beside itself, half-size px, is no change. */
const LOOSE_PX = 0.5
const KEPT = 24

interface Kept {
  grey: Uint8Array
  spectrum: Spectrum
  madeAt: number
  /** How far the scene has shifted since the first picture, px of quarter size. */
  at: { x: number; y: number }
}

/**
 * Motion before a camera that turns: this picture against two earlier ones, each laid over it as the whole scene has
 * shifted between them. What differs from both is where something is now; what differs from one is where it was.
 */
export class MovingMotion {
  readonly #kept: Kept[] = []
  #correlation: PhaseCorrelation | undefined
  /** How the scene has shifted from the picture before last to the last. */
  #step: { x: number; y: number } | undefined
  #size = 0

  find(look: Look, settings: NonNullable<Detectors['motion']>, madeAt: number): Found[] {
    const { grey, width, height } = halved(look)
    if (this.#size !== grey.length) {
      this.#size = grey.length
      this.#kept.length = 0
      this.#correlation = new PhaseCorrelation(width >> 1, height >> 1)
    }
    const correlation = this.#correlation!
    const spectrum = correlation.spectrum(quartered(grey, width, height))
    const last = this.#kept.at(-1)
    // From one picture to the next little shifts: over a longer way more than half of the picture may be another.
    const step = last && correlation.shift(last.spectrum, spectrum, this.#step)
    if (step && step.quality < LEAST_QUALITY) this.#kept.length = 0
    this.#step = step
    const at = step ? { x: last.at.x + step.x, y: last.at.y + step.y } : { x: 0, y: 0 }
    const one = this.#before(madeAt - APART_MS)
    const two = this.#before(madeAt - 2 * APART_MS)
    this.#kept.push({ grey, spectrum, madeAt, at })
    if (this.#kept.length > KEPT) this.#kept.shift()
    if (!one || !two) return []
    const [first, second] = [one, two].map((kept) =>
      laidOver(kept.grey, width, height, at.x - kept.at.x, at.y - kept.at.y),
    )
    const { least } = thresholds(settings.sensitivity)
    const changed = new Uint8Array(grey.length)
    for (let y = 1; y < height - 1; y++) {
      for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
        const [a, b] = [first![i]!, second![i]!]
        // Beyond the edge of an earlier picture nothing is known.
        if (a < 0 || b < 0) continue
        const here = grey[i]!
        const steep = Math.abs(grey[i + 1]! - grey[i - 1]!) + Math.abs(grey[i + width]! - grey[i - width]!)
        const difference = Math.min(Math.abs(here - a), Math.abs(here - b))
        if (difference > least + steep * LOOSE_PX) changed[i] = difference
      }
    }
    return movers(changed, width, height, settings)
  }

  #before(madeAt: number): Kept | undefined {
    return this.#kept.findLast((kept) => kept.madeAt <= madeAt)
  }
}

function quartered(grey: Uint8Array, width: number, height: number) {
  const across = width >> 1
  const data = new Uint8Array(across * (height >> 1))
  for (let y = 0, at = 0; y < height >> 1; y++) {
    for (let x = 0, from = y * 2 * width; x < across; x++, at++, from += 2)
      data[at] = (grey[from]! + grey[from + 1]! + grey[from + width]! + grey[from + width + 1]!) >> 2
  }
  return { data, width: across, height: height >> 1 }
}

/** An earlier picture as it would look now, shifted so many px of quarter size; -1 where it does not reach. */
function laidOver(
  grey: Uint8Array,
  width: number,
  height: number,
  right4: number,
  down4: number,
): Float32Array {
  const over = new Float32Array(grey.length).fill(-1)
  const [dx, dy] = [right4 * 2, down4 * 2]
  const left = Math.floor(-dx)
  const top = Math.floor(-dy)
  const [right, lower] = [-dx - left, -dy - top]
  for (let y = 0; y < height; y++) {
    const row = y + top
    if (row < 0 || row >= height - 1) continue
    const from = Math.max(0, -left)
    const to = Math.min(width, width - 1 - left)
    for (let x = from, i = row * width + from + left; x < to; x++, i++) {
      const upper = grey[i]! * (1 - right) + grey[i + 1]! * right
      const below = grey[i + width]! * (1 - right) + grey[i + width + 1]! * right
      over[y * width + x] = upper * (1 - lower) + below * lower
    }
  }
  return over
}
