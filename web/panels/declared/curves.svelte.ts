import { BenchError } from '../../../shared/errors.ts'
import { decodeNpy } from '../../../shared/npy.ts'
import { traceSamplesPath, type TraceInfo } from '../../../shared/trace.ts'
import { call } from '../../lib/call.ts'

/** A long waveform over a slow line. */
const READ_DEADLINE_MS = 120_000
const SAMPLES_DEADLINE_MS = 60_000

/** The traces that this page fetches from a declared instrument. */
export class Curves {
  readonly #device: string
  shown = $state.raw<{ info: TraceInfo; samples: Float32Array }>()
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
      const response = await fetch(traceSamplesPath(info.id), {
        signal: AbortSignal.timeout(SAMPLES_DEADLINE_MS),
      })
      if (!response.ok) {
        const message = `The bridge answered ${response.status} for the trace ${info.label}. Fetch it again.`
        throw new BenchError('trace.unknown', message)
      }
      this.shown = { info, samples: decodeNpy(await response.arrayBuffer()) }
    } finally {
      this.busy = undefined
    }
  }
}
