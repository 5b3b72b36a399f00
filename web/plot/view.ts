/** A part of the wavelength axis, in nm. */
export interface View {
  from: number
  to: number
}

/** Samples of whatever is plotted, by where they lie (metres). */
export interface Axis {
  startM: number
  stepM: number
  samples: { readonly length: number }
}

/** So many samples fill a plot at least: further in there is only a line between two of them. */
const LEAST_SAMPLES = 8
const NM = 1e9

/** Where a sample of this number lies, in nm. */
export function nmAt({ startM, stepM }: Omit<Axis, 'samples'>, index: number): number {
  return (startM + index * stepM) * NM
}

/** Which sample lies at a wavelength in nm; rarely a whole number. */
export function indexAt({ startM, stepM }: Omit<Axis, 'samples'>, nm: number): number {
  return (nm / NM - startM) / stepM
}

/** From the first sample of any of them to the last. */
export function wholeView(axes: readonly Axis[]): View {
  if (axes.length === 0) return { from: 0, to: 1 }
  return {
    from: Math.min(...axes.map((axis) => nmAt(axis, 0))),
    // A trace of one sample has a width all the same, or nothing could be drawn.
    to: Math.max(...axes.map((axis) => nmAt(axis, Math.max(1, axis.samples.length - 1)))),
  }
}

/** The smallest view that is worth having of these. */
export function leastSpan(axes: readonly Axis[]): number {
  return LEAST_SAMPLES * Math.min(...axes.map(({ stepM }) => stepM * NM))
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
