import type { ConsoleExchange } from '../../../shared/instrument/console.ts'
import { call } from '../../link/call.ts'

const KEPT = 200
const SEND_DEADLINE_MS = 130_000

/** One line of the console's log, by a number of its own. */
export interface ConsoleLine extends ConsoleExchange {
  n: number
}

/** What was said to one instrument on this page, oldest first. */
export class ConsoleLog {
  lines = $state.raw<ConsoleLine[]>([])
  busy = $state(false)
  headers = $state.raw<string[]>([])
  readonly #device: string
  #last = 0

  constructor(device: string) {
    this.#device = device
  }

  /** Learns what can be completed. */
  async learn(): Promise<void> {
    this.headers = (await call('console.describe', { device: this.#device })).headers
  }

  /** Sends messages, one a line. Throws what the bridge refuses them with. */
  async send(text: string, deadlineMs: number): Promise<void> {
    this.busy = true
    try {
      const input = { device: this.#device, text, deadlineMs }
      const { exchanges } = await call('console.send', input, { deadlineMs: SEND_DEADLINE_MS })
      const lines = exchanges.map((exchange) => ({ ...exchange, n: ++this.#last }))
      this.lines = [...this.lines, ...lines].slice(-KEPT)
    } finally {
      this.busy = false
    }
  }

  clear(): void {
    this.lines = []
  }
}
