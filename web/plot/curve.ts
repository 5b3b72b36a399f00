import { buildPyramid, decimate, type Points, type Pyramid } from './decimate.ts'
import { indexAt, nmAt, type View } from './view.ts'

/** A line on a plot. Sample i lies at startM + i * stepM (metres). */
export interface Curve {
  id: string
  label: string
  unit: string
  startM: number
  stepM: number
  samples: Float32Array
  pyramid: Pyramid
  /** The channel's colour, counted from 0. */
  colour: number
}

/** A curve that can be drawn, its extremes looked up once. */
export function curveOf(spec: Omit<Curve, 'pyramid'>): Curve {
  return { ...spec, pyramid: buildPyramid(spec.samples) }
}

/** What of a curve is drawn in a view that is `width` pixels wide: at most two points a column of pixels. */
export function pointsIn(curve: Curve, view: View, width: number): Points {
  // One sample beyond each edge, so that the line runs out of the picture instead of ending in it.
  const from = Math.max(0, indexAt(curve, view.from) - 1)
  const to = Math.min(curve.samples.length, indexAt(curve, view.to) + 2)
  const part = ((to - from) * curve.stepM * 1e9) / (view.to - view.from)
  return decimate(curve.samples, curve.pyramid, from, to, Math.max(1, Math.round(width * part)))
}

/** The value at a wavelength in nm: of the nearest sample, undefined beyond the ends. */
export function valueAt(curve: Curve, nm: number): number | undefined {
  return curve.samples[Math.round(indexAt(curve, nm))]
}

/** Draws points as a line, with breaks where the trace has a gap. */
export function strokePoints(
  context: CanvasRenderingContext2D,
  curve: Curve,
  { index, value }: Points,
  place: { x: (nm: number) => number; y: (value: number) => number },
): void {
  let drawing = false
  context.beginPath()
  for (let i = 0; i < index.length; i++) {
    const here = value[i]!
    if (here === null) {
      drawing = false
      continue
    }
    const x = place.x(nmAt(curve, index[i]!))
    const y = place.y(here)
    if (drawing) context.lineTo(x, y)
    else context.moveTo(x, y)
    drawing = true
  }
  context.stroke()
}
