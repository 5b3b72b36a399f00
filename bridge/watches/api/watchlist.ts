import { diffMerge, type State } from '../../../shared/wire/merge-patch.ts'
import { topicName } from '../../../shared/topics.ts'
import type { WatchlistState, WatchStatus } from '../../../shared/watches/watch-state.ts'
import type { Change } from '../../core/topic.ts'

/** Small patches often rather than large ones seldom: each is encoded once for every page, in one go. */
const PATCH_EVERY_MS = 25
/** What is more waits for the next turn of the loop: thousands at once, for ten pages, would hold it up. */
const MOST_IN_PATCH = 200

/**
 * The topic `watchlist`: thousands of small states under one name. Only those that changed are looked at, and a change
 * that follows another closely waits for the next patch. One that comes after silence travels at once.
 */
export class Watchlist implements Disposable {
  readonly name = topicName('watchlist')
  readonly #now = new Map<string, WatchStatus>()
  readonly #published: Record<string, WatchStatus> = {}
  readonly #dirty = new Set<string>()
  readonly #subscribers = new Set<(change: Change) => void>()
  #rev = 0
  #lastAt = -Infinity
  #timer: NodeJS.Timeout | undefined

  get(id: string): WatchStatus | undefined {
    return this.#now.get(id)
  }

  values(): Iterable<WatchStatus> {
    return this.#now.values()
  }

  /** Replaces a watch's state; undefined takes it away. */
  set(id: string, status: WatchStatus | undefined): void {
    if (status) this.#now.set(id, status)
    else this.#now.delete(id)
    this.#dirty.add(id)
    if (this.#timer) return
    const wait = this.#lastAt + PATCH_EVERY_MS - performance.now()
    this.#timer = setTimeout(() => this.#publish(), Math.max(0, wait))
  }

  snapshot(): { rev: number; snapshot: WatchlistState } {
    return { rev: this.#rev, snapshot: { watches: { ...this.#published } } }
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#subscribers.add(listener)
    return () => this.#subscribers.delete(listener)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #publish(): void {
    this.#timer = undefined
    this.#lastAt = performance.now()
    const watches: State = {}
    let taken = 0
    for (const id of this.#dirty) {
      if (taken++ >= MOST_IN_PATCH) break
      this.#dirty.delete(id)
      const before = this.#published[id]
      const now = this.#now.get(id)
      if (now) {
        const patch = before ? diffMerge(before, now) : { ...now }
        if (patch) watches[id] = patch
        this.#published[id] = now
      } else if (before) {
        watches[id] = null
        Reflect.deleteProperty(this.#published, id)
      }
    }
    if (this.#dirty.size > 0) this.#timer = setTimeout(() => this.#publish(), 0)
    if (Object.keys(watches).length === 0) return
    this.#rev += 1
    for (const subscriber of this.#subscribers) subscriber({ rev: this.#rev, patch: { watches } })
  }
}
