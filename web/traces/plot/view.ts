import { placeOf, type TraceAxis } from '../../../shared/traces/trace-axis.ts'

/** A part of an axis, in its unit. */
export interface View {
  from: number
  to: number
}

/** Samples of whatever is plotted, by where they lie. */
export interface Placed {
  axis: TraceAxis
  samples: { readonly length: number }
}

/** So many samples fill a plot at least: further in there is only a line between two of them. */
const LEAST_SAMPLES = 8

/** From the first sample of any of them to the last. */
export function wholeView(all: readonly Placed[]): View {
  if (all.length === 0) return { from: 0, to: 1 }
  return {
    from: Math.min(...all.map(({ axis }) => axis.start)),
    // A trace of one sample has a width all the same, or nothing could be drawn.
    to: Math.max(...all.map(({ axis, samples }) => placeOf(axis, Math.max(1, samples.length - 1)))),
  }
}

/** The smallest view that is worth having of these. */
export function leastSpan(all: readonly Placed[]): number {
  return LEAST_SAMPLES * Math.min(...all.map(({ axis }) => axis.step))
}

/** The view with `factor` times the span, what is at `anchor` (0 left edge, 1 right edge) staying where it is. */
export function zoom(view: View, factor: number, anchor: number, whole: View, least: number): View {
  const span = view.to - view.from
  const most = whole.to - whole.from
  const next = Math.min(most, Math.max(Math.min(least, most), span * factor))
  const still = view.from + span * anchor
  return inside({ from: still - next * anchor, to: still + next * (1 - anchor) }, whole)
}

/** The view moved by a part of its own span: 0.1 is a tenth to the right. */
export function pan(view: View, part: number, whole: View): View {
  const by = (view.to - view.from) * part
  return inside({ from: view.from + by, to: view.to + by }, whole)
}

function inside(view: View, whole: View): View {
  const shift = Math.max(0, whole.from - view.from) + Math.min(0, whole.to - view.to)
  return { from: Math.max(whole.from, view.from + shift), to: Math.min(whole.to, view.to + shift) }
}
