import { applyMergePatch, diffMerge, type MergePatch, type State } from '../../shared/merge-patch.ts'

/** One change as subscribers receive it. */
export interface Change {
  rev: number
  patch: State
}

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
  readonly #subscribers = new Set<(change: Change) => void>()

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

  /** Calls `listener` with each change until the answer is called. */
  subscribe(listener: (change: Change) => void): () => void {
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
    // A subscriber may write, and another read, before all have heard of this.
    const change = { rev: this.#rev, patch }
    for (const subscriber of this.#subscribers) subscriber(change)
  }
}
