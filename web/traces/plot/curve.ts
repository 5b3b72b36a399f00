import type { TraceInfo } from '../../../shared/traces/trace.ts'
import { indexOf, placeOf, type TraceAxis } from '../../../shared/traces/trace-axis.ts'
import { buildPyramid, decimate, type Points, type Pyramid } from './decimate.ts'
import type { View } from './view.ts'

/** A line on a plot. */
export interface Curve {
  id: string
  label: string
  unit: string
  axis: TraceAxis
  samples: Float32Array
  pyramid: Pyramid
  /** The channel's colour, counted from 0. */
  colour: number
}

/** A curve that can be drawn, its extremes looked up once. */
export function curveOf(spec: Omit<Curve, 'pyramid'>): Curve {
  return { ...spec, pyramid: buildPyramid(spec.samples) }
}

/** A trace as a curve. */
export function curveOfTrace(
  { id, name, label, unit, axis }: TraceInfo,
  samples: Float32Array,
  colour: number,
): Curve {
  return curveOf({ id, label: name ?? label, unit, axis, samples, colour })
}

/** What of a curve is drawn in a view that is `width` pixels wide: at most two points a column of pixels. */
export function pointsIn(curve: Curve, view: View, width: number): Points {
  // One sample beyond each edge, so that the line runs out of the picture instead of ending in it.
  const from = Math.max(0, indexOf(curve.axis, view.from) - 1)
  const to = Math.min(curve.samples.length, indexOf(curve.axis, view.to) + 2)
  const part = ((to - from) * curve.axis.step) / (view.to - view.from)
  return decimate(curve.samples, curve.pyramid, from, to, Math.max(1, Math.round(width * part)))
}

/** The value at a place: of the nearest sample, undefined beyond the ends. */
export function valueAt(curve: Curve, place: number): number | undefined {
  return curve.samples[Math.round(indexOf(curve.axis, place))]
}

/** Draws points as a line, with breaks where the trace has a gap. */
export function strokePoints(
  context: CanvasRenderingContext2D,
  curve: Curve,
  { index, value }: Points,
  place: { x: (at: number) => number; y: (value: number) => number },
): void {
  let drawing = false
  context.beginPath()
  for (let i = 0; i < index.length; i++) {
    const here = value[i]!
    if (here === null) {
      drawing = false
      continue
    }
    const x = place.x(placeOf(curve.axis, index[i]!))
    const y = place.y(here)
    if (drawing) context.lineTo(x, y)
    else context.moveTo(x, y)
    drawing = true
  }
  context.stroke()
}
