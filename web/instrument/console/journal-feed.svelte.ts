import type { JournalEntry, JournalFilter } from '../../../shared/instrument/journal.ts'
import { call } from '../../link/call.ts'
import { ROWS, withNewer } from './journal-rows.ts'

/**
 * An instrument's journal on the screen, newest first. It asks for what came after what it has, one question at a time:
 * a slow page asks less often, and what the bridge could not give it any more is counted.
 */
export class JournalFeed {
  rows = $state.raw<JournalEntry[]>([])
  /** Entries that this page was too slow for since it last began anew. */
  missed = $state(0)
  paused = $state(false)
  problem = $state<string>()
  readonly #device: string
  #filter: JournalFilter = {}
  #after: number | undefined
  #turn = 0
  #busy = false

  constructor(device: string) {
    this.#device = device
  }

  /** Begins anew with what this filter lets through. */
  async show(filter: JournalFilter): Promise<void> {
    this.#filter = filter
    this.#after = undefined
    this.#turn += 1
    this.#busy = false
    this.missed = 0
    await this.follow()
  }

  /** Gets what has come since; nothing while it is paused, or a question is under way. */
  async follow(): Promise<void> {
    if (this.#busy || (this.paused && this.#after !== undefined)) return
    const turn = this.#turn
    this.#busy = true
    try {
      const range = this.#after === undefined ? {} : { after: this.#after }
      const read = await call('journal.read', {
        device: this.#device,
        limit: ROWS,
        ...range,
        ...this.#filter,
      })
      if (turn !== this.#turn) return
      this.rows = this.#after === undefined ? read.entries.toReversed() : withNewer(this.rows, read.entries)
      this.missed += read.missed
      this.#after = read.newest
      this.problem = undefined
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      if (turn === this.#turn) this.#busy = false
    }
  }
}
