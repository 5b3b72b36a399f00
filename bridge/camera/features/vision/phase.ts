import { Fft, type Spectrum } from './fft.ts'

/** A grey picture of any kind of numbers. */
export interface Grey {
  data: ArrayLike<number>
  width: number
  height: number
}

export interface Shift {
  /** By how much what was there is further right and further down, px. */
  x: number
  y: number
  /** The share of the whole that agrees on this, 0 to 1: noise agrees on nothing. */
  quality: number
}

/** What is the same over more than twice this, px, is a matter of the light. */
const AROUND = 8
/** What is left of the contrast, in means of it. */
const MOST_CONTRAST = 0.7

/** A peak so near to what is expected, px, is taken when it has this share of the highest. */
const NEAR_PX = 3
const NEAR_SHARE = 0.5
/** What is expected to go at least so far, px, has not stayed. */
const GOING_PX = 2

/** How far two pictures of one size are shifted against each other: phase correlation (Kuglin and Hines 1975). */
export class PhaseCorrelation {
  readonly #fft: Fft
  readonly #window: Float64Array

  /** For pictures of at least this size: the largest middle of them whose sides are powers of two is looked at. */
  constructor(width: number, height: number) {
    this.#fft = new Fft(2 ** Math.floor(Math.log2(width)), 2 ** Math.floor(Math.log2(height)))
    const hann = (length: number): Float64Array =>
      Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (length - 1)))
    const [across, down] = [hann(this.#fft.width), hann(this.#fft.height)]
    this.#window = Float64Array.from(
      { length: across.length * down.length },
      (_, i) => across[i % across.length]! * down[Math.floor(i / across.length)]!,
    )
  }

  /** A picture, prepared to be compared with any number of others. */
  spectrum({ data, width, height }: Grey): Spectrum {
    const { width: w, height: h } = this.#fft
    const [left, top] = [(width - w) >> 1, (height - h) >> 1]
    const re = new Float64Array(w * h)
    for (let y = 0, i = 0; y < h; y++)
      for (let x = 0; x < w; x++, i++) re[i] = data[(top + y) * width + left + x]!
    flatten(re, w, h)
    for (let i = 0; i < re.length; i++) re[i] = re[i]! * this.#window[i]!
    const spectrum = { re, im: new Float64Array(re.length) }
    this.#fft.transform(spectrum, -1)
    return spectrum
  }

  /**
   * How the second picture is shifted against the first. `near` is what is expected: what stays where it is in the
   * picture, dust or a thing that is followed, shows as well, and may outweigh all the rest.
   */
  shift(from: Spectrum, to: Spectrum, near?: Pick<Shift, 'x' | 'y'>): Shift {
    const { width, height } = this.#fft
    const count = width * height
    const cross = { re: new Float64Array(count), im: new Float64Array(count) }
    for (let i = 0; i < count; i++) {
      const re = to.re[i]! * from.re[i]! + to.im[i]! * from.im[i]!
      const im = to.im[i]! * from.re[i]! - to.re[i]! * from.im[i]!
      // A hair's breadth keeps what has no contrast from counting for as much as what has.
      const size = Math.sqrt(re * re + im * im) + 1e-3 * count
      cross.re[i] = re / size
      cross.im[i] = im / size
    }
    this.#fft.transform(cross, 1)
    let best = 0
    for (let i = 1; i < count; i++) if (cross.re[i]! > cross.re[best]!) best = i
    if (near) best = this.#peakNear(cross.re, near, best)
    const [column, row] = [best % width, Math.floor(best / width)]
    const value = (x: number, y: number): number =>
      cross.re[((row + y + height) % height) * width + ((column + x + width) % width)]!
    // The middle of the peak and of what is around it: a peak between two pixels is spread over both.
    let [sum, x, y] = [0, 0, 0]
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        const weight = Math.max(0, value(dx, dy))
        sum += weight
        x += weight * dx
        y += weight * dy
      }
    }
    const wrap = (place: number, length: number): number => (place > length / 2 ? place - length : place)
    return {
      x: wrap(column, width) + x / sum,
      y: wrap(row, height) + y / sum,
      quality: Math.min(1, sum / count),
    }
  }

  /** The highest place near to what is expected, unless the highest of all is much higher. */
  #peakNear(values: Float64Array, near: Pick<Shift, 'x' | 'y'>, best: number): number {
    const { width, height } = this.#fft
    const [middleX, middleY] = [Math.round(near.x), Math.round(near.y)]
    const isGoing = Math.hypot(near.x, near.y) > GOING_PX
    let peak: number | undefined
    for (let y = middleY - NEAR_PX; y <= middleY + NEAR_PX; y++) {
      for (let x = middleX - NEAR_PX; x <= middleX + NEAR_PX; x++) {
        // What stays in the picture has its peak at 0.
        if (isGoing && Math.max(Math.abs(x), Math.abs(y)) <= 1) continue
        const i = ((y + height) % height) * width + ((x + width) % width)
        if (peak === undefined || values[i]! > values[peak]!) peak = i
      }
    }
    return peak !== undefined && values[peak]! >= NEAR_SHARE * values[best]! ? peak : best
  }
}

/**
 * Takes out what is brighter or darker over large areas, and cuts off what stands out: one bright thing that goes its own
 * way would otherwise outweigh everything around it.
 */
function flatten(values: Float64Array, width: number, height: number): void {
  const sums = new Float64Array((width + 1) * (height + 1))
  for (let y = 0; y < height; y++) {
    for (let x = 0, row = 0; x < width; x++) {
      row += values[y * width + x]!
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row
    }
  }
  let size = 0
  for (let y = 0, i = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - AROUND), Math.min(height, y + AROUND + 1)]
    for (let x = 0; x < width; x++, i++) {
      const [left, right] = [Math.max(0, x - AROUND), Math.min(width, x + AROUND + 1)]
      const sum =
        sums[bottom * (width + 1) + right]! -
        sums[bottom * (width + 1) + left]! -
        sums[top * (width + 1) + right]! +
        sums[top * (width + 1) + left]!
      values[i] = values[i]! - sum / ((bottom - top) * (right - left))
      size += Math.abs(values[i]!)
    }
  }
  const most = (MOST_CONTRAST * size) / values.length
  for (let i = 0; i < values.length; i++) values[i] = Math.max(-most, Math.min(most, values[i]!))
}
