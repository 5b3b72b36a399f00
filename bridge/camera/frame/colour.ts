import type { BayerPattern } from './frame.ts'

// BT.601, limited range, in 65536ths of an 8-bit step.
const LUMA = { R: 16_829, G: 33_040, B: 6416 }
const U = { R: -9714, G: -19_070, B: 28_784 }
const V = { R: 28_784, G: -24_104, B: -4680 }
const HALF = 2 ** 15
const BLACK = (16 << 16) + HALF
const GREY = (128 << 16) + HALF

type Colour = 'R' | 'G' | 'B'
const CELLS: Record<BayerPattern, readonly [Colour, Colour, Colour, Colour]> = {
  RG: ['R', 'G', 'G', 'B'],
  GR: ['G', 'R', 'B', 'G'],
  GB: ['G', 'B', 'R', 'G'],
  BG: ['B', 'G', 'G', 'R'],
}

/** What each pixel of a 2x2 cell adds: the two greens share theirs. */
function weights(cell: readonly Colour[], of: Record<Colour, number>): number[] {
  return cell.map((colour) => (colour === 'G' ? of.G / 2 : of[colour]))
}

/**
 * A Bayer mosaic as I420, without looking for edges: made to be looked at, quickly. Any four neighbouring pixels hold a
 * red, two greens and a blue, so each pixel's brightness is that of the four that begin with it, and each cell has one
 * colour, which is what 4:2:0 keeps anyway. Even sizes; `bitDepth` bits a pixel mean something.
 */
export function bayerToI420(
  data: Uint8Array | Uint16Array,
  {
    width,
    height,
    bitDepth,
    pattern,
  }: { width: number; height: number; bitDepth: number; pattern: BayerPattern },
  i420: Uint8Array,
): void {
  const cell = CELLS[pattern]
  const shift = bitDepth - 8
  const u = width * height
  const v = u + u / 4
  for (let y = 0; y < height; y++) {
    // The last row and column have no further neighbours: they take the four that end with them.
    const row = Math.min(y, height - 2)
    const upper = row * width
    const lower = upper + width
    const begins = row % 2 === 0 ? [cell[0], cell[1], cell[2], cell[3]] : [cell[2], cell[3], cell[0], cell[1]]
    const [a, b, c, d] = weights(begins, LUMA) as [number, number, number, number]
    for (let x = 0; x < width - 1; x += 2) {
      const left = upper + x
      const below = lower + x
      i420[y * width + x] =
        (BLACK +
          a * (data[left]! >> shift) +
          b * (data[left + 1]! >> shift) +
          c * (data[below]! >> shift) +
          d * (data[below + 1]! >> shift)) >>
        16
      const next = x + 2 < width ? 2 : 0
      i420[y * width + x + 1] =
        (BLACK +
          b * (data[left + 1]! >> shift) +
          a * (data[left + next]! >> shift) +
          d * (data[below + 1]! >> shift) +
          c * (data[below + next]! >> shift)) >>
        16
    }
  }
  const [ua, ub, uc, ud] = weights(cell, U) as [number, number, number, number]
  const [va, vb, vc, vd] = weights(cell, V) as [number, number, number, number]
  for (let y = 0, at = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, at++) {
      const left = y * width + x
      const one = data[left]! >> shift
      const two = data[left + 1]! >> shift
      const three = data[left + width]! >> shift
      const four = data[left + width + 1]! >> shift
      i420[u + at] = (GREY + ua * one + ub * two + uc * three + ud * four) >> 16
      i420[v + at] = (GREY + va * one + vb * two + vc * three + vd * four) >> 16
    }
  }
}

/** Red, green and blue, a byte each, as I420. Even sizes. */
export function rgbToI420(
  data: Uint8Array | Uint16Array,
  width: number,
  height: number,
  i420: Uint8Array,
): void {
  const pixels = width * height
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    i420[i] = (BLACK + LUMA.R * data[at]! + LUMA.G * data[at + 1]! + LUMA.B * data[at + 2]!) >> 16
  }
  const row = width * 3
  let u = pixels
  let v = pixels + pixels / 4
  for (let y = 0; y < height; y += 2) {
    for (let at = y * row, end = at + row; at < end; at += 6) {
      const r = (data[at]! + data[at + 3]! + data[at + row]! + data[at + row + 3]!) >> 2
      const g = (data[at + 1]! + data[at + 4]! + data[at + row + 1]! + data[at + row + 4]!) >> 2
      const b = (data[at + 2]! + data[at + 5]! + data[at + row + 2]! + data[at + row + 5]!) >> 2
      i420[u++] = (GREY + U.R * r + U.G * g + U.B * b) >> 16
      i420[v++] = (GREY + V.R * r + V.G * g + V.B * b) >> 16
    }
  }
}
