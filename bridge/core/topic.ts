import { applyMergePatch, diffMerge, type MergePatch, type State } from '../../shared/wire/merge-patch.ts'

/** One change as subscribers receive it. */
export interface Change {
  rev: number
  patch: State
}

// The type of a method: a topic whose state has more members passes for one whose state has fewer.
type Listener<S> = { hear(change: Change, state: S): void }['hear']
type Published<S> = Parameters<Listener<S>>

/**
 * A state that is watched. Changes of one tick travel as one merge patch that holds only what is different, and a
 * state that was written but not changed says nothing.
 */
export class Topic<S extends object> {
  readonly name: string
  #value: S
  #published: S
  #rev = 0
  #scheduled = false
  readonly #subscribers = new Set<Listener<S>>()
  readonly #unheard: Published<S>[] = []
  #telling = false

  constructor(name: string, initial: S) {
    this.name = name
    this.#value = initial
    this.#published = initial
  }

  /** The state now, what is not yet published included. */
  get value(): Readonly<S> {
    return this.#value
  }

  /** The state with its revision: what a new subscriber starts from. What was written is published first: whoever was answered and asks again finds it. */
  snapshot(): { rev: number; snapshot: S } {
    if (this.#scheduled) this.#publish()
    return { rev: this.#rev, snapshot: this.#published }
  }

  /** Applies a merge patch: null removes a member, an array is replaced whole (RFC 7396). */
  merge(patch: MergePatch<S>): void {
    this.#value = applyMergePatch(this.#value, patch)
    this.#schedule()
  }

  /** Replaces the named members whole; undefined removes one. */
  put(members: Partial<S>): void {
    this.#value = { ...this.#value, ...members }
    this.#schedule()
  }

  /** Calls `listener` with each change and the state that it leads to, in their order, until the answer is called. */
  subscribe(listener: Listener<S>): () => void {
    this.#subscribers.add(listener)
    return () => this.#subscribers.delete(listener)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#publish())
  }

  #publish(): void {
    this.#scheduled = false
    const patch = diffMerge(this.#published, this.#value)
    if (!patch) return
    this.#published = this.#value
    this.#rev += 1
    this.#unheard.push([{ rev: this.#rev, patch }, this.#published])
    // A subscriber may write, and read what it wrote: everybody hears of this change before they hear of that one.
    if (this.#telling) return
    this.#telling = true
    try {
      for (let next = this.#unheard.shift(); next; next = this.#unheard.shift()) {
        for (const subscriber of this.#subscribers) subscriber(...next)
      }
    } finally {
      this.#telling = false
    }
  }
}
