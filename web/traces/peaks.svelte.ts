import type { TraceInfo, TracePeak } from '../../shared/traces/trace.ts'
import { isLevel, isWavelength, levelUnit, type TraceAxis } from '../../shared/traces/trace-axis.ts'
import { call } from '../link/call.ts'
import { fineScale } from './plot/axis-scale.ts'
import type { Sign } from './plot/paint.ts'
import type { View } from './plot/view.ts'

/** The bridge looks through a million samples in some 50 ms, but others may be before us. */
const DEADLINE_MS = 60_000
/** So many widths of a peak fill the view that it is shown in. */
const WIDTHS_SHOWN = 8
const SHOWN_WITHOUT_WIDTH_M = 0.5e-9
const SAMPLES_SHOWN_WITHOUT_WIDTH = 500
const PROMINENCE_DB = 3

/** What is looked for, in the units people say; distances in the fine scale of the trace's axis. */
export interface PeakDraft {
  kind: 'peak' | 'dip' | 'both'
  /** The bridge's own choice when left out. */
  prominence: number | undefined
  distance: number
  smooth: number
}

/** The peaks and dips that were found on one trace. */
export class Peaks {
  draft = $state<PeakDraft>({ kind: 'dip', prominence: PROMINENCE_DB, distance: 0, smooth: 0 })
  list = $state.raw<readonly TracePeak[]>([])
  /** How many there are in all: the list holds the most prominent. */
  found = $state(0)
  /** The trace they are of. */
  trace = $state.raw<TraceInfo>()
  busy = $state(false)
  #turn = 0

  /** What the plot points at. */
  readonly signs: readonly Sign[] = $derived.by(() => {
    const unit = this.trace?.unit ?? ''
    const inDb = unit === levelUnit(unit)
    return this.list.map(({ position, value, kind }) => ({
      ...{ place: position, kind },
      value: inDb ? value : 10 ** (value / 10),
    }))
  })

  /** Begins anew where what was asked for means nothing for the trace: 3 dB of volts. */
  suit(unit: string): void {
    this.draft.prominence = isLevel(unit) ? PROMINENCE_DB : undefined
  }

  /** Looks for them in a trace, or in the part of it that is in view. Throws what the bridge answers. */
  async find(trace: TraceInfo, view: View | undefined): Promise<void> {
    const turn = ++this.#turn
    const { kind, prominence, distance, smooth } = this.draft
    const { factor } = fineScale(trace.axis)
    this.busy = true
    try {
      const search = {
        ...{ id: trace.id, kind, distance: distance / factor, smooth: smooth / factor },
        ...(prominence !== undefined && { prominence }),
      }
      const part = view && { from: view.from, to: view.to }
      const { found, peaks } = await call('trace.peaks', { ...search, ...part }, { deadlineMs: DEADLINE_MS })
      if (turn !== this.#turn) return
      this.list = peaks
      this.found = found
      this.trace = trace
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }

  /** Forgets them. */
  clear(): void {
    this.#turn += 1
    this.busy = false
    this.list = []
    this.found = 0
    this.trace = undefined
  }
}

/** The part of the axis that shows a peak and what is beside it. */
export function viewOf({ position, width }: TracePeak, axis: TraceAxis): View {
  const without = isWavelength(axis) ? SHOWN_WITHOUT_WIDTH_M : axis.step * SAMPLES_SHOWN_WITHOUT_WIDTH
  const half = (width === undefined ? without : width * WIDTHS_SHOWN) / 2
  return { from: position - half, to: position + half }
}
