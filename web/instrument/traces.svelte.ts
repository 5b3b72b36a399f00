import type { TraceInfo } from '../../shared/traces/trace.ts'
import { call } from '../link/call.ts'
import { type Curve, curveOfTrace } from '../traces/plot/curve.ts'
import { fetchSamples } from '../traces/plot/fetch-trace.ts'

/** A full trace is some MB and comes over an instrument's slow line. */
const READ_DEADLINE_MS = 120_000
const LIST_LIMIT = 50

/** A trace with its samples, ready to draw. */
export interface LoadedTrace {
  info: TraceInfo
  curve: Curve
}

/** The traces of one instrument that the bridge keeps, and the one on the screen. */
export class TraceShelf {
  readonly #device: string
  list = $state.raw<TraceInfo[]>([])
  loaded = $state.raw<LoadedTrace>()
  /** What is under way: the instrument is read, or the bridge. */
  busy = $state<'instrument' | 'bridge'>()
  /** Whether a sweep that this page started ends with its trace on the screen. */
  autoFetch = $state(true)
  #showing = 0

  constructor(device: string) {
    this.#device = device
  }

  /** Asks which traces there are; shows the newest if none is shown yet. */
  async refresh(): Promise<void> {
    this.list = await call('trace.list', { device: this.#device, limit: LIST_LIMIT })
    const newest = this.list[0]
    if (newest && !this.loaded && !this.busy) await this.show(newest)
  }

  /** Reads a trace from the instrument, keeps it on the bridge and shows it. */
  async read(channel: number, type: number): Promise<void> {
    if (this.busy === 'instrument') return
    this.busy = 'instrument'
    try {
      const input = { device: this.#device, channel, type }
      const info = await call('trace.read', input, { deadlineMs: READ_DEADLINE_MS })
      this.list = [info, ...this.list.filter((other) => other.id !== info.id)]
      await this.show(info)
    } finally {
      this.busy = undefined
    }
  }

  /** Loads a trace's samples from the bridge; the last one asked for is the one that stays. */
  async show(info: TraceInfo): Promise<void> {
    const turn = ++this.#showing
    const reading = this.busy === 'instrument'
    if (!reading) this.busy = 'bridge'
    try {
      const samples = await fetchSamples(info)
      if (turn === this.#showing) this.loaded = { info, curve: curveOfTrace(info, samples, info.channel - 1) }
    } finally {
      if (turn === this.#showing && this.busy === 'bridge') this.busy = undefined
    }
  }
}
