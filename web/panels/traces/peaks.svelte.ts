import type { TracePeak } from '../../../shared/trace.ts'
import { call } from '../../lib/call.ts'
import type { Sign } from '../../plot/paint.ts'
import type { View } from '../../plot/view.ts'

/** The bridge looks through a million samples in some 50 ms, but others may be before us. */
const DEADLINE_MS = 60_000
/** So many widths of a peak fill the view that it is shown in. */
const WIDTHS_SHOWN = 8
const SHOWN_WITHOUT_WIDTH_NM = 0.5

/** What is looked for, in the units people say. */
export interface PeakDraft {
  kind: 'peak' | 'dip' | 'both'
  prominenceDb: number
  distancePm: number
  smoothPm: number
}

/** The peaks and dips that were found on one trace. */
export class Peaks {
  draft = $state<PeakDraft>({ kind: 'dip', prominenceDb: 3, distancePm: 0, smoothPm: 0 })
  list = $state.raw<readonly TracePeak[]>([])
  /** How many there are in all: the list holds the most prominent. */
  found = $state(0)
  /** The trace they are of. */
  trace = $state<string>()
  busy = $state(false)
  #turn = 0

  /** What the plot points at. */
  readonly signs: readonly Sign[] = $derived(
    this.list.map(({ positionM, value, kind }) => ({ nm: positionM * 1e9, value, kind })),
  )

  /** Looks for them in a trace, or in the part of it that is in view. Throws what the bridge answers. */
  async find(id: string, view: View | undefined): Promise<void> {
    const turn = ++this.#turn
    const { kind, prominenceDb, distancePm, smoothPm } = this.draft
    this.busy = true
    try {
      const search = { id, kind, prominenceDb, distanceM: distancePm * 1e-12, smoothM: smoothPm * 1e-12 }
      const part = view && { fromM: view.from * 1e-9, toM: view.to * 1e-9 }
      const { found, peaks } = await call('trace.peaks', { ...search, ...part }, { deadlineMs: DEADLINE_MS })
      if (turn !== this.#turn) return
      this.list = peaks
      this.found = found
      this.trace = id
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
export function viewOf({ positionM, widthM }: TracePeak): View {
  const half = widthM === undefined ? SHOWN_WITHOUT_WIDTH_NM / 2 : (widthM * 1e9 * WIDTHS_SHOWN) / 2
  const nm = positionM * 1e9
  return { from: nm - half, to: nm + half }
}
