/** A Fourier transform of one length, a power of two (Cooley and Tukey 1965), in place. */
class Line {
  readonly #length: number
  readonly #reversed: Uint32Array
  readonly #cosine: Float64Array
  readonly #sine: Float64Array

  constructor(length: number) {
    this.#length = length
    const bits = Math.log2(length)
    if (!Number.isInteger(bits)) throw new RangeError(`a length of ${length} is no power of two`)
    this.#reversed = Uint32Array.from({ length }, (_, i) => {
      let turned = 0
      for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) turned |= 1 << (bits - 1 - bit)
      return turned
    })
    this.#cosine = Float64Array.from({ length: length / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / length))
    this.#sine = Float64Array.from({ length: length / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / length))
  }

  /** Of the values at `start`, `start + step` and so on. */
  transform(re: Float64Array, im: Float64Array, start: number, step: number, sign: 1 | -1): void {
    const n = this.#length
    for (let i = 0; i < n; i++) {
      const k = this.#reversed[i]!
      if (k <= i) continue
      const [a, b] = [start + i * step, start + k * step]
      ;[re[a], re[b]] = [re[b]!, re[a]!]
      ;[im[a], im[b]] = [im[b]!, im[a]!]
    }
    for (let size = 2; size <= n; size *= 2) {
      const half = size / 2
      const stride = n / size
      for (let block = 0; block < n; block += size) {
        for (let i = 0; i < half; i++) {
          const c = this.#cosine[i * stride]!
          const s = sign * this.#sine[i * stride]!
          const a = start + (block + i) * step
          const b = a + half * step
          const x = re[b]! * c - im[b]! * s
          const y = re[b]! * s + im[b]! * c
          re[b] = re[a]! - x
          im[b] = im[a]! - y
          re[a] = re[a]! + x
          im[a] = im[a]! + y
        }
      }
    }
  }
}

export interface Spectrum {
  re: Float64Array
  im: Float64Array
}

/** The Fourier transform of pictures of one size, both sides powers of two. */
export class Fft {
  readonly width: number
  readonly height: number
  readonly #row: Line
  readonly #column: Line

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.#row = new Line(width)
    this.#column = new Line(height)
  }

  /** In place; `sign` -1 there, 1 back (not divided by the number of values). */
  transform({ re, im }: Spectrum, sign: 1 | -1): void {
    for (let row = 0; row < this.height; row++) this.#row.transform(re, im, row * this.width, 1, sign)
    for (let column = 0; column < this.width; column++)
      this.#column.transform(re, im, column, this.width, sign)
  }
}
