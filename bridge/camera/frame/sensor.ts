import { evenRandom, normalRandom } from './random.ts'

/** A 12-bit sensor's largest value. */
export const FULL_SCALE = 4095
/** Electrons that fill a pixel at 0 dB: what a small scientific CMOS sensor has. */
const FULL_WELL = 10_000
const ELECTRONS_PER_STEP = FULL_WELL / FULL_SCALE
const READ_NOISE_ELECTRONS = 5
/** The exposure, in ms, at which the scene's own brightness is what the sensor reads at 0 dB. */
const REFERENCE_EXPOSURE_MS = 10

// Noise is drawn once: a fresh place to begin in a long table, row by row, is as good to the eye and costs no sampling.
const NOISE_LENGTH = 2 ** 17
const FIXED = 256
const HALF = (FIXED * FIXED) / 2

/** Turns a scene's brightness into what a sensor reads: exposure, gain, shot noise, read noise, clipping. */
export class Sensor {
  readonly #noise: Int16Array
  readonly #random: () => number
  readonly #mean = new Int32Array(FULL_SCALE + 1)
  readonly #deviation = new Int32Array(FULL_SCALE + 1)

  constructor(seed: number) {
    this.#random = evenRandom(seed)
    const normal = normalRandom(this.#random)
    this.#noise = Int16Array.from({ length: NOISE_LENGTH }, () => Math.round(normal() * FIXED))
    this.set(REFERENCE_EXPOSURE_MS, 0)
  }

  /** Exposure in ms, gain in dB (20 dB is tenfold, as camera makers count). */
  set(exposureMs: number, gainDb: number): void {
    const gain = 10 ** (gainDb / 20)
    for (let brightness = 0; brightness <= FULL_SCALE; brightness++) {
      const exposed = (brightness * ELECTRONS_PER_STEP * exposureMs) / REFERENCE_EXPOSURE_MS
      const electrons = Math.min(exposed, FULL_WELL)
      const step = gain / ELECTRONS_PER_STEP
      // Twice full scale clips as surely as more does, and keeps the sum below within 32 bits.
      this.#mean[brightness] = Math.round(Math.min(electrons * step, 2 * FULL_SCALE) * FIXED * FIXED) + HALF
      this.#deviation[brightness] = Math.round(
        Math.sqrt(electrons + READ_NOISE_ELECTRONS ** 2) * step * FIXED,
      )
    }
  }

  /** Reads `scene` (brightness 0 to 4095, rows of `width`) into `pixels`, 0 to 4095. */
  read(scene: Uint16Array, pixels: Uint16Array, width: number): void {
    const noise = this.#noise
    const mean = this.#mean
    const deviation = this.#deviation
    const places = NOISE_LENGTH - width
    for (let row = 0; row < pixels.length; row += width) {
      let place = (this.#random() * places) | 0
      for (let i = row; i < row + width; i++) {
        const brightness = scene[i]!
        const value = (mean[brightness]! + deviation[brightness]! * noise[place++]!) >> 16
        pixels[i] = value < 0 ? 0 : value > FULL_SCALE ? FULL_SCALE : value
      }
    }
  }
}
