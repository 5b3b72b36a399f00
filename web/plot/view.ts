/** The part of a trace that is shown, in sample numbers: [from, to), not necessarily whole. */
export interface View {
  from: number
  to: number
}

/** So far in and no further: below this a line between two samples fills the plot. */
const LEAST_SPAN = 8

/** All of a trace of `points` samples. */
export function wholeView(points: number): View {
  return { from: 0, to: Math.max(1, points - 1) }
}

/** The view with `factor` times the span, the sample at `anchor` (0 left edge, 1 right edge) staying where it is. */
export function zoom(view: View, factor: number, anchor: number, points: number): View {
  const span = view.to - view.from
  const whole = wholeView(points)
  const next = Math.min(whole.to - whole.from, Math.max(Math.min(LEAST_SPAN, whole.to), span * factor))
  const fixed = view.from + span * anchor
  return inside({ from: fixed - next * anchor, to: fixed + next * (1 - anchor) }, points)
}

/** The view moved by a part of its own span: 0.1 is a tenth to the right. */
export function pan(view: View, part: number, points: number): View {
  const by = (view.to - view.from) * part
  return inside({ from: view.from + by, to: view.to + by }, points)
}

function inside(view: View, points: number): View {
  const whole = wholeView(points)
  const shift = Math.max(0, whole.from - view.from) + Math.min(0, whole.to - view.to)
  return { from: Math.max(whole.from, view.from + shift), to: Math.min(whole.to, view.to + shift) }
}
