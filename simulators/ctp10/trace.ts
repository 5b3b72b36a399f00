import { endianness } from 'node:os'
import { measuredFraction, referencePower, toDecibels, toMilliwatts } from './detector.ts'
import type { Channel } from './detector.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { Noise } from './noise.ts'
import type { Slices } from './slices.ts'
import { formatNumber } from './parameters.ts'

/** What a sweep fixed as it began. Wavelengths in pm, power in dBm, times in s. */
export type Recipe = {
  start: number
  step: number
  points: number
  launched: number
  from: number
  to: number
  seed: number
}

/** Transfer function, raw live, raw reference, raw quick reference. */
export const traceTypes: readonly number[] = [1, 11, 12, 13]
export type Source = { module: number; channel: Channel; type: number; linear: boolean }

const lightSpeed = 299_792_458
const swapped = endianness() === 'LE'

/**
 * The traces of one sweep, each computed when it is first asked for and kept as its bytes on the wire.
 * Later settings do not reach it: all it uses is its recipe.
 */
export class Measurement {
  readonly recipe: Recipe
  readonly #devices: ReadonlyMap<number, DeviceUnderTest>
  readonly #slices: Slices
  readonly #kept = new Map<string, Promise<Buffer>>()
  readonly #asked = new Map<string, (of: Measurement, signal: AbortSignal) => Promise<Buffer>>()

  constructor(recipe: Recipe, devices: ReadonlyMap<number, DeviceUnderTest>, slices: Slices) {
    this.recipe = recipe
    this.#devices = devices
    this.#slices = slices
  }

  /** Big-endian float32: dB and dBm, or with `linear` a ratio and mW. */
  y(source: Source): Promise<Buffer> {
    this.#asked.set(JSON.stringify(source), (of, signal) => of.#keepY(source, signal))
    return this.#keepY(source)
  }

  /** Big-endian float64: metres, or Hz. */
  x(hertz: boolean): Promise<Buffer> {
    this.#asked.set(hertz ? 'hz' : 'm', (of, signal) => of.#keepX(hertz, signal))
    return this.#keepX(hertz)
  }

  /** The numbers of a finished trace, comma-separated. */
  async ascii(binary: Promise<Buffer>, width: 4 | 8): Promise<Buffer> {
    const bytes = await binary
    const pieces: Buffer[] = []
    await this.#slices.run(this.recipe.points, (from, to) => {
      const words: string[] = []
      for (let i = from; i < to; i++)
        words.push(formatNumber(width === 4 ? bytes.readFloatBE(i * 4) : bytes.readDoubleBE(i * 8)))
      pieces.push(Buffer.from((from > 0 ? ',' : '') + words.join(',')))
    })
    return Buffer.concat(pieces)
  }

  /** Computes ahead what was fetched from an earlier sweep, so that the next fetch is only a write. */
  async prepare(earlier: Measurement | undefined, otherwise: Source, signal: AbortSignal): Promise<void> {
    if (!earlier) await this.#keepY(otherwise, signal)
    else for (const ask of earlier.#asked.values()) await ask(this, signal)
  }

  /** Whether anybody has fetched from this sweep. */
  get wasAsked(): boolean {
    return this.#asked.size > 0
  }

  #keepY(source: Source, signal?: AbortSignal): Promise<Buffer> {
    return this.#keep(JSON.stringify(source), () => this.#computeY(source, signal))
  }

  #keepX(hertz: boolean, signal?: AbortSignal): Promise<Buffer> {
    return this.#keep(hertz ? 'hz' : 'm', () => this.#computeX(hertz, signal))
  }

  #keep(key: string, compute: () => Promise<Buffer>): Promise<Buffer> {
    const kept = this.#kept.get(key) ?? compute()
    this.#kept.set(key, kept)
    return kept
  }

  async #computeX(hertz: boolean, signal?: AbortSignal): Promise<Buffer> {
    const { start, step, points } = this.recipe
    const values = new Float64Array(points)
    const bytes = Buffer.from(values.buffer)
    await this.#slices.run(
      points,
      (from, to) => {
        for (let i = from; i < to; i++) {
          const metres = (start + i * step) / 1e12
          values[i] = hertz ? lightSpeed / metres : metres
        }
        if (swapped) bytes.subarray(from * 8, to * 8).swap64()
      },
      signal,
    )
    return bytes
  }

  async #computeY({ module, channel, type, linear }: Source, signal?: AbortSignal): Promise<Buffer> {
    const { start, step, points, launched, from: began, to: ended, seed } = this.recipe
    const device = this.#devices.get(module)
    if (!device) throw new RangeError(`no module ${module}`)
    const noise = new Noise(seed + module * 1000 + channel * 100 + type)
    const first = device.shift(began)
    const drift = (device.shift(ended) - first) / points
    const middle = toMilliwatts(referencePower(channel, launched, start / 1000))
    const values = new Float32Array(points)
    const bytes = Buffer.from(values.buffer)
    await this.#slices.run(
      points,
      (from, to) => {
        for (let i = from; i < to; i++) {
          const wavelength = (start + i * step) / 1000
          const reference = type === 1 ? 0 : referencePower(channel, launched, wavelength)
          const fraction =
            type > 11
              ? 1 + 3e-4 * noise.gauss()
              : measuredFraction(device, channel, wavelength, first + i * drift, middle, noise)
          values[i] = linear ? toMilliwatts(reference) * fraction : reference + toDecibels(fraction)
        }
        if (swapped) bytes.subarray(from * 4, to * 4).swap32()
      },
      signal,
    )
    return bytes
  }
}
