import { call } from '../../link/call.ts'
import { type Curve, curveOfTrace } from '../../traces/plot/curve.ts'
import { fetchSamples } from '../../traces/plot/fetch-trace.ts'

/** A long waveform over a slow line. */
const READ_DEADLINE_MS = 120_000

/** The traces that this page fetches from a declared instrument. */
export class Curves {
  readonly #device: string
  shown = $state.raw<Curve>()
  /** The trace that is on its way. */
  busy = $state<string>()

  constructor(device: string) {
    this.#device = device
  }

  /** Reads a trace from the instrument, which keeps it on the bridge, and shows it. */
  async fetch(trace: string): Promise<void> {
    if (this.busy !== undefined) return
    this.busy = trace
    try {
      const input = { device: this.#device, trace }
      const info = await call('instrument.trace', input, { deadlineMs: READ_DEADLINE_MS })
      this.shown = curveOfTrace(info, await fetchSamples(info), info.channel - 1)
    } finally {
      this.busy = undefined
    }
  }
}
