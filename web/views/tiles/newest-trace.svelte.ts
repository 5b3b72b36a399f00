import type { TraceInfo } from '../../../shared/traces/trace.ts'
import { call } from '../../link/call.ts'
import { fetchWindow } from '../../traces/plot/fetch-trace.ts'

/** As many columns as a tile of a display has use for. */
const COLUMNS = 1200

/** A trace as it is drawn: the least and the most of each column. */
export interface ShownTrace {
  info: TraceInfo
  least: Float32Array
  most: Float32Array
}

/** The newest trace of a device, or one that is named, as the bridge has it. */
export class NewestTrace {
  shown = $state.raw<ShownTrace>()
  /** Why there is none to show. */
  problem = $state<string>()
  /** Whether the bridge has answered once. */
  known = $state(false)
  readonly #device: string
  readonly #trace: string | undefined
  #looking = false

  constructor(device: string, trace: string | undefined) {
    this.#device = device
    this.#trace = trace
  }

  /** Asks for it, and fetches it where it is another than the one shown. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const info = await this.#ask()
      this.problem = undefined
      if (info && info.id !== this.shown?.info.id) {
        const { least, most } = await fetchWindow(info, { width: COLUMNS })
        this.shown = { info, least, most }
      }
      if (!info) this.shown = undefined
      this.known = true
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      this.#looking = false
    }
  }

  async #ask(): Promise<TraceInfo | undefined> {
    if (this.#trace !== undefined) return call('trace.info', { id: this.#trace })
    return (await call('trace.list', { device: this.#device, limit: 1 }))[0]
  }
}
