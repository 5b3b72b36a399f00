import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import { fits, NO_FILTER, ranked, type Sort, tagsOf, type WatchFilter } from './watch-filter.ts'

/** The order is worked out anew at most so often: nobody reads a list that moves faster. */
const SETTLE_MS = 300

type Watches = Readonly<Record<string, WatchStatus>>

/** The watches that are shown, in their order. Their states are read where they are drawn. */
export class WatchList {
  filter = $state<WatchFilter>({ ...NO_FILTER })
  sort = $state<Sort>('name')
  ids = $state.raw<readonly string[]>([])
  tags = $state.raw<readonly { tag: string; count: number }[]>([])
  #ranked: string[] = []
  #watches: Watches = {}
  #timer: ReturnType<typeof setTimeout> | undefined

  /** The states have changed: the order follows soon. */
  update(watches: Watches): void {
    const first = this.#ranked.length === 0
    this.#watches = watches
    if (first) this.arrange()
    else this.#timer ??= setTimeout(() => this.arrange(), SETTLE_MS)
  }

  /** Works out what is shown now. */
  arrange(): void {
    this.stop()
    this.#ranked = ranked(this.#watches, this.sort, this.#ranked)
    const fit = fits(this.filter)
    const ids = this.#ranked.filter((id) => fit(this.#watches[id]!))
    if (!same(ids, this.ids)) this.ids = ids
    const tags = tagsOf(this.#watches)
    if (JSON.stringify(tags) !== JSON.stringify(this.tags)) this.tags = tags
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
