import type { InputOf, OutputOf } from '../../shared/commands.ts'
import type { MediaEntry } from '../../shared/gallery/gallery.ts'
import { call } from '../link/call.ts'
import { askOf, type CollectionFilter } from './collection-filter.ts'

const PAGE = 60
const MOST = 500

/** What of the gallery fits a filter, newest first, a page after the other. */
export class Collection {
  entries = $state.raw<MediaEntry[]>([])
  tags = $state.raw<OutputOf<'media.list'>['tags']>([])
  storage = $state.raw<OutputOf<'media.list'>['storage']>()
  busy = $state(false)
  /** Whether there is nothing older. */
  complete = $state(false)
  /** Whether it has been answered once. */
  known = $state(false)
  problem = $state<string>()
  #ask: InputOf<'media.list'> = {}
  #turn = 0

  /** Begins anew with what this filter lets through. */
  async show(filter: CollectionFilter): Promise<void> {
    this.#ask = askOf(filter)
    await this.#read(PAGE)
  }

  /** Asks again for what is on the screen. */
  async refresh(): Promise<void> {
    await this.#read(Math.min(MOST, Math.max(PAGE, this.entries.length)))
  }

  /** Goes on with older ones. */
  async more(): Promise<void> {
    const last = this.entries.at(-1)
    if (last && !this.busy) await this.#read(PAGE, last)
  }

  /** Shows an entry as it is now. */
  put(entry: MediaEntry): void {
    this.entries = this.entries.map((each) => (each.id === entry.id ? entry : each))
  }

  async #read(limit: number, after?: MediaEntry): Promise<void> {
    const turn = ++this.#turn
    this.busy = true
    try {
      const before = after && { before: { takenAt: after.takenAt, id: after.id } }
      const { entries, tags, storage } = await call('media.list', { ...this.#ask, limit, ...before })
      if (turn !== this.#turn) return
      this.entries = after ? [...this.entries, ...entries] : entries
      this.tags = tags
      this.storage = storage
      this.complete = entries.length < limit
      this.known = true
      this.problem = undefined
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }
}
