import type uPlot from 'uplot'
import type { PlotColours } from './colours.ts'
import { type Curve, strokePoints } from './curve.ts'
import type { Points } from './decimate.ts'

/** Without a GPU a line this thin, and without round joins, is drawn several times as fast as a wider one. */
const LINE_PX = 1
const SIGN_PX = 5

/** A place on a curve that is pointed at: from above a peak, from below a dip. */
export interface Sign {
  place: number
  value: number
  kind: 'peak' | 'dip'
}

/** The lowest and the highest of all points. */
export function extentOf(all: readonly Points[]): [low: number, high: number] {
  let low = Infinity
  let high = -Infinity
  for (const { value } of all) {
    for (const each of value) {
      if (each === null) continue
      if (each < low) low = each
      if (each > high) high = each
    }
  }
  return [low, high]
}

/** Draws the curves, and the signs over them, into the plot's own picture; nothing goes over its edge. */
export function paint(
  plot: uPlot,
  colours: PlotColours,
  curves: readonly { curve: Curve; points: Points }[],
  signs: readonly Sign[],
  /** What a place is multiplied by to be on the plot's own scale. */
  factor: number,
): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  const place = {
    x: (at: number): number => plot.valToPos(at * factor, 'x', true),
    y: (value: number): number => plot.valToPos(value, 'y', true),
  }
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.lineWidth = LINE_PX * ratio
  ctx.lineJoin = 'bevel'
  for (const { curve, points } of curves) {
    ctx.strokeStyle = colours.channels[curve.colour % colours.channels.length] ?? colours.text
    strokePoints(ctx, curve, points, place)
  }
  ctx.fillStyle = colours.text
  const size = SIGN_PX * ratio
  for (const { place: at, value, kind } of signs) {
    const outwards = kind === 'dip' ? 1 : -1
    const [x, y] = [place.x(at), place.y(value) + outwards * size]
    ctx.beginPath()
    ctx.moveTo(x, y - outwards * size * 0.6)
    ctx.lineTo(x - size * 0.7, y + outwards * size * 0.8)
    ctx.lineTo(x + size * 0.7, y + outwards * size * 0.8)
    ctx.fill()
  }
  ctx.restore()
}
