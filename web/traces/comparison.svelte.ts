import { sameKind, type AxisKind } from '../../shared/traces/trace-axis.ts'
import { smooth, type SmoothingKind } from '../../shared/traces/smooth.ts'
import type { TraceInfo } from '../../shared/traces/trace.ts'
import { subtract } from './plot/combine.ts'
import { CHANNEL_COLOURS } from './plot/colours.ts'
import { type AxisScale, fineScale } from './plot/axis-scale.ts'
import { type Curve, curveOf, curveOfTrace } from './plot/curve.ts'
import { fetchSamples } from './plot/fetch-trace.ts'
import { titleOf } from './library.svelte.ts'

/** `difference`: the others less the first. `reference`: all of them less a trace that is not shown itself. */
export type ComparisonMode = 'overlay' | 'difference' | 'reference'

/** One colour each, and what a browser's memory takes. */
export const MOST_COMPARED = CHANNEL_COLOURS

/** A trace that is compared; its curve once its samples are here. */
export interface Compared {
  info: TraceInfo
  colour: number
  curve: Curve | undefined
}

/** The traces side by side: which, how they are put together, and how they are smoothed to look at. */
export class Comparison {
  chosen = $state.raw<readonly Compared[]>([])
  reference = $state.raw<Compared>()
  mode = $state<ComparisonMode>('overlay')
  smoothing = $state<SmoothingKind | 'none'>('none')
  /** In `fine`. */
  smoothingOver = $state(10)

  /** What was put together with a remark: not subtracted, or interpolated for it. */
  readonly #combined = $derived.by(() => this.#combine())
  readonly #smoothed = $derived.by(() => this.#combined.curves.map((curve) => this.#smooth(curve)))

  /** What is drawn. */
  get curves(): readonly Curve[] {
    return this.#smoothed
  }

  /** What is said of widths along the axis: pm of a wavelength. */
  get fine(): Pick<AxisScale, 'unit' | 'factor'> {
    const first = this.#combined.curves[0]
    return first ? fineScale(first.axis) : { unit: '', factor: 1 }
  }

  /** What those who look at it should know about how it came about. */
  get remarks(): readonly string[] {
    return this.#combined.remarks
  }

  /** Whether samples are on their way. */
  get loading(): boolean {
    return [...this.chosen, this.reference].some((each) => each && !each.curve)
  }

  isChosen(id: string): boolean {
    return this.chosen.some(({ info }) => info.id === id)
  }

  /** Takes a trace in; it is drawn once its samples are here. Throws as fetchSamples does. */
  async add(info: TraceInfo): Promise<void> {
    if (this.isChosen(info.id) || this.chosen.length >= MOST_COMPARED) return
    const taken = this.chosen.map((each) => each.colour)
    let colour = 0
    while (taken.includes(colour)) colour++
    this.chosen = [...this.chosen, { info, colour, curve: undefined }]
    try {
      const curve = await load(info, colour)
      this.chosen = this.chosen.map((each) => (each.info.id === info.id ? { ...each, curve } : each))
    } catch (error) {
      this.remove(info.id)
      throw error
    }
  }

  /** Leaves a trace out. */
  remove(id: string): void {
    this.chosen = this.chosen.filter(({ info }) => info.id !== id)
  }

  /** Makes a trace the one that is subtracted from the others, or none. Throws as fetchSamples does. */
  async subtractAlways(info: TraceInfo | undefined): Promise<void> {
    if (!info) {
      this.reference = undefined
      if (this.mode === 'reference') this.mode = 'overlay'
      return
    }
    const curve = this.chosen.find((each) => each.info.id === info.id)?.curve
    this.reference = { info, colour: 0, curve }
    this.mode = 'reference'
    if (!curve) {
      const loaded = await load(info, 0)
      if (this.reference.info.id === info.id) this.reference = { info, colour: 0, curve: loaded }
    }
  }

  /** Takes in what is known anew of a trace: its name may have changed. */
  update(info: TraceInfo): void {
    const renewed = (each: Compared): Compared =>
      each.info.id === info.id
        ? { ...each, info, curve: each.curve && { ...each.curve, label: titleOf(info) } }
        : each
    this.chosen = this.chosen.map(renewed)
    if (this.reference) this.reference = renewed(this.reference)
  }

  /** Forgets a trace that is no more. */
  forget(id: string): void {
    this.remove(id)
    if (this.reference?.info.id === id) void this.subtractAlways(undefined)
  }

  #combine(): { curves: Curve[]; remarks: string[] } {
    const all = this.chosen.flatMap(({ curve }) => curve ?? [])
    if (this.mode === 'overlay') {
      const first = all[0]
      const curves = all.filter(({ axis }) => first && sameKind(axis, first.axis))
      const others = all.filter((curve) => first && !curves.includes(curve))
      const remarks = others.map(
        ({ label, axis }) => `${label} is over ${named(axis)}: it is not shown over ${named(first!.axis)}.`,
      )
      return { curves, remarks: [...remarks, ...mixedUnits(curves)] }
    }
    const other = this.mode === 'difference' ? all[0] : this.reference?.curve
    if (!other) return { curves: [], remarks: [] }
    const remarks: string[] = []
    const curves = all
      .filter(({ id }) => id !== other.id)
      .flatMap((curve) => {
        const difference = subtract(curve, other)
        if (!difference) {
          const over = !sameKind(curve.axis, other.axis)
          remarks.push(
            over
              ? `${curve.label} is over ${named(curve.axis)}: ${other.label}, over ${named(other.axis)}, cannot be subtracted.`
              : `${curve.label} is in ${curve.unit}: ${other.label}, in ${other.unit}, cannot be subtracted.`,
          )
          return []
        }
        if (difference.interpolated) {
          remarks.push(
            `${other.label} was interpolated linearly onto the ${places(curve.axis)} of ${curve.label}.`,
          )
        }
        const { interpolated: _, ...line } = difference
        return [curveOf({ ...curve, ...line, label: `${curve.label} − ${other.label}` })]
      })
    return { curves, remarks: [...remarks, ...mixedUnits(curves)] }
  }

  #smooth(curve: Curve): Curve {
    if (this.smoothing === 'none') return curve
    const half = Math.round(this.smoothingOver / this.fine.factor / curve.axis.step / 2)
    const most = Math.floor((curve.samples.length - 1) / 2)
    return curveOf({ ...curve, samples: smooth(curve.samples, Math.min(half, most), this.smoothing) })
  }
}

function mixedUnits(curves: readonly Curve[]): string[] {
  const units = [...new Set(curves.map(({ unit }) => unit))]
  return units.length > 1 ? [`The curves are in different units: ${units.join(', ')}.`] : []
}

function named({ quantity, unit }: AxisKind): string {
  return unit === '' ? quantity : `${quantity} (${unit})`
}

function places({ quantity }: AxisKind): string {
  return quantity === 'wavelength' ? 'wavelengths' : 'places'
}

async function load(info: TraceInfo, colour: number): Promise<Curve> {
  return { ...curveOfTrace(info, await fetchSamples(info), colour), label: titleOf(info) }
}
