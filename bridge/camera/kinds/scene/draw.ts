import { GROUND, GROUND_BITS } from './ground.ts'
import type { Point, View } from './view.ts'

const MASK = GROUND - 1
const SOFT_PX = 1.2

/** A picture that is being drawn: brightness, 0 to 4095. */
export interface Canvas {
  light: Uint16Array
  width: number
  height: number
}

/** Fills the picture with the ground as seen with `origin`, in px of the upright world, at its first pixel. */
export function drawGround(
  { light, width, height }: Canvas,
  ground: Uint16Array,
  view: View,
  origin: Point,
): void {
  // Sums in 16.16 instead of a product a pixel; only 8 bits of the fraction weigh.
  const along = view.upright(1, 0)
  const down = view.upright(0, 1)
  const dx = Math.round(along.x * 65_536)
  const dy = Math.round(along.y * 65_536)
  const span = GROUND * 65_536
  for (let y = 0, at = 0; y < height; y++) {
    let u = wrapped((origin.x + down.x * y) * 65_536, span)
    let v = wrapped((origin.y + down.y * y) * 65_536, span)
    for (let x = 0; x < width; x++, at++, u += dx, v += dy) {
      const column = (u >> 16) & MASK
      const row = ((v >> 16) & MASK) << GROUND_BITS
      const next = (column + 1) & MASK
      const below = (row + GROUND) & (GROUND * GROUND - 1)
      const right = (u >> 8) & 255
      const lower = (v >> 8) & 255
      const top = ground[row + column]! * (256 - right) + ground[row + next]! * right
      const bottom = ground[below + column]! * (256 - right) + ground[below + next]! * right
      light[at] = (top * (256 - lower) + bottom * lower) >>> 16
    }
  }
}

function wrapped(value: number, span: number): number {
  return Math.round(((value % span) + span) % span)
}

/** Lays `brightness` over the picture around a point: `cover` says how much, 0 to 1, at px right and down of it. */
export function lay(
  { light, width, height }: Canvas,
  { x, y }: Point,
  reach: number,
  brightness: (right: number, down: number) => number,
  cover: (right: number, down: number) => number,
): void {
  const [left, right] = [Math.max(0, Math.ceil(x - reach)), Math.min(width - 1, Math.floor(x + reach))]
  const [top, bottom] = [Math.max(0, Math.ceil(y - reach)), Math.min(height - 1, Math.floor(y + reach))]
  for (let py = top; py <= bottom; py++) {
    for (let px = left; px <= right; px++) {
      const share = cover(px - x, py - y)
      if (share <= 0) continue
      const i = py * width + px
      light[i] = light[i]! + (brightness(px - x, py - y) - light[i]!) * share
    }
  }
}

/** Light that comes on top: a Gaussian spot of `radius` px. */
export function shine({ light, width, height }: Canvas, { x, y }: Point, radius: number, peak: number): void {
  const reach = radius * 3
  const [left, right] = [Math.max(0, Math.ceil(x - reach)), Math.min(width - 1, Math.floor(x + reach))]
  const [top, bottom] = [Math.max(0, Math.ceil(y - reach)), Math.min(height - 1, Math.floor(y + reach))]
  for (let py = top; py <= bottom; py++) {
    for (let px = left; px <= right; px++) {
      const i = py * width + px
      const more = peak * Math.exp(-((px - x) ** 2 + (py - y) ** 2) / (2 * radius ** 2))
      light[i] = Math.min(4095, light[i]! + more)
    }
  }
}

/** How much of a pixel is inside an edge that is so many px away, inwards positive. */
export function soft(inside: number): number {
  return Math.max(0, Math.min(1, inside / SOFT_PX + 0.5))
}
