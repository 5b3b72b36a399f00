import { shown } from '../../ui/si.ts'
import type { Point } from './profile.ts'

/** A length of so many pixels as people read it: in m with a prefix where a pixel's size is known, else in px. */
export function lengthText(pixels: number, pixelSizeNm: number | undefined): string {
  if (!Number.isFinite(pixels)) return '—'
  if (pixelSizeNm === undefined) return `${pixels.toFixed(2)} px`
  const { text, unit } = shown(pixels * pixelSizeNm * 1e-9, 'm', 4)
  return `${text} ${unit}`
}

/** A round length whose bar is at most `most` CSS px long: what it says, and how long it is. */
export function scaleBar(
  zoom: number,
  pixelSizeNm: number | undefined,
  most: number,
): { text: string; length: number } {
  const unit = pixelSizeNm ?? 1
  const longest = (most / zoom) * unit
  const decade = 10 ** Math.floor(Math.log10(longest))
  const round = ([5, 2, 1].find((digit) => digit * decade <= longest) ?? 1) * decade
  if (pixelSizeNm === undefined) return { text: `${Number(round.toPrecision(1))} px`, length: round * zoom }
  const { text, unit: named } = shown(round * 1e-9, 'm', 3)
  return { text: `${Number(text)} ${named}`, length: (round / unit) * zoom }
}

/** The angle at `vertex` between two arms, in degrees, 0 to 180. */
export function angleAt(vertex: Point, one: Point, other: Point): number {
  const [ax, ay] = [one.x - vertex.x, one.y - vertex.y]
  const [bx, by] = [other.x - vertex.x, other.y - vertex.y]
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI
}
