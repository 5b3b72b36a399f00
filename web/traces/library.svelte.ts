import type { TraceInfo } from '../../shared/traces/trace.ts'
import { call } from '../link/call.ts'

const PAGE = 60

/** What the list is narrowed to. */
export interface LibraryFilter {
  search: string
  tags: readonly string[]
}

/** The kept traces that fit a filter, newest first, a page after the other. */
export class Library {
  rows = $state.raw<TraceInfo[]>([])
  tags = $state.raw<{ tag: string; count: number }[]>([])
  busy = $state(false)
  /** Whether there is nothing older. */
  complete = $state(false)
  /** Whether it has been answered once. */
  known = $state(false)
  problem = $state<string>()
  #filter: LibraryFilter = { search: '', tags: [] }
  #turn = 0

  /** Begins anew with what this filter lets through. */
  async show(filter: LibraryFilter): Promise<void> {
    this.#filter = filter
    await this.#ask(PAGE, undefined)
  }

  /** Asks again for what is on the screen. */
  async refresh(): Promise<void> {
    await this.#ask(Math.min(1000, Math.max(PAGE, this.rows.length)), undefined)
  }

  /** Goes on with older ones. */
  async more(): Promise<void> {
    const last = this.rows.at(-1)
    if (last && !this.busy) await this.#ask(PAGE, last)
  }

  async #ask(limit: number, after: TraceInfo | undefined): Promise<void> {
    const turn = ++this.#turn
    const { search, tags } = this.#filter
    this.busy = true
    try {
      const before = after && { takenAt: after.takenAt, id: after.id }
      const asked = {
        limit,
        ...(search.trim() && { search: search.trim() }),
        ...(tags.length > 0 && { tags: [...tags] }),
        ...(before && { before }),
      }
      const [rows, inUse] = await Promise.all([call('trace.list', asked), call('trace.tags', {})])
      if (turn !== this.#turn) return
      this.rows = after ? [...this.rows, ...rows] : rows
      this.tags = inUse
      this.complete = rows.length < limit
      this.known = true
      this.problem = undefined
    } catch (error) {
      if (turn === this.#turn) this.problem = error instanceof Error ? error.message : String(error)
    } finally {
      if (turn === this.#turn) this.busy = false
    }
  }
}

/** A trace as people call it. */
export function titleOf({ name, label, device, channel }: TraceInfo): string {
  return name ?? (device === 'import' ? 'Imported trace' : `${label}, channel ${channel}`)
}
