import { SvelteMap } from 'svelte/reactivity'
import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import { call } from '../../link/call.ts'

/** One number of a small curve; `at` in ms since the epoch. */
export interface SparkPoint {
  at: number
  value: number
}

const MOST_POINTS = 30
/** Whoever scrolls has not arrived before this. */
const SETTLE_MS = 120
const MOST_ASKED = 200
/** A curve that was last in view longer ago has missed something. */
const FRESH_MS = 3000

/** The small curves of the watches in view: asked for once, then kept up with what the topic tells. */
export class Sparks {
  readonly #curves = new SvelteMap<string, readonly SparkPoint[]>()
  // Bookkeeping that nothing is drawn from.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #seenAt = new Map<string, number>()
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  #wanted = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  of(id: string): readonly SparkPoint[] {
    return this.#curves.get(id) ?? []
  }

  /** These are in view now. */
  follow(watches: Iterable<[string, WatchStatus]>): void {
    const now = Date.now()
    for (const [id, { value, checkedAt, checks }] of watches) {
      const seenAt = this.#seenAt.get(id)
      this.#seenAt.set(id, now)
      if (checks > 0 && (seenAt === undefined || now - seenAt > FRESH_MS)) this.#want(id)
      if (typeof value === 'number' && checkedAt !== undefined) this.#add(id, { at: checkedAt, value })
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #add(id: string, point: SparkPoint): void {
    const curve = this.#curves.get(id) ?? []
    const last = curve.at(-1)
    if (last && point.at <= last.at) return
    this.#curves.set(id, [...curve.slice(1 - MOST_POINTS), point])
  }

  #want(id: string): void {
    this.#wanted.add(id)
    this.#timer ??= setTimeout(() => void this.#ask(), SETTLE_MS)
  }

  async #ask(): Promise<void> {
    this.#timer = undefined
    const ids = [...this.#wanted].slice(0, MOST_ASKED)
    this.#wanted.clear()
    try {
      const curves = await call('watch.sparks', { ids, points: MOST_POINTS })
      for (const [id, points] of Object.entries(curves)) {
        const newest = points.at(-1)?.at ?? 0
        const since = this.of(id).filter(({ at }) => at > newest)
        this.#curves.set(id, [...points, ...since].slice(-MOST_POINTS))
      }
    } catch {
      // A curve that cannot be had is left out; it is asked for again when it next comes into view.
      for (const id of ids) this.#seenAt.delete(id)
    }
  }
}
