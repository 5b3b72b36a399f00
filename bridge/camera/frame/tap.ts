/** Hands what passes by to those who follow it; costs nothing while nobody does. */
export class Tap<T> {
  readonly #followers = new Set<(item: T) => void>()
  readonly #changed: (wanted: boolean) => void
  readonly #greet: (follower: (item: T) => void) => void

  /**
   * `changed` hears when the first follower comes and when the last one has gone; `greet` gives every new one what it
   * begins with.
   */
  constructor(
    changed: (wanted: boolean) => void = () => {},
    greet: (follower: (item: T) => void) => void = () => {},
  ) {
    this.#changed = changed
    this.#greet = greet
  }

  /** Whether anybody follows. */
  get wanted(): boolean {
    return this.#followers.size > 0
  }

  /** Hears of every item from now on; the answer ends it. What an item refers to is only good until the follower returns. */
  follow(follower: (item: T) => void): () => void {
    // Two who follow with the same function are two.
    const own = (item: T): void => follower(item)
    this.#greet(own)
    this.#followers.add(own)
    if (this.#followers.size === 1) this.#changed(true)
    return () => {
      if (this.#followers.delete(own) && this.#followers.size === 0) this.#changed(false)
    }
  }

  offer(item: T): void {
    for (const follower of this.#followers) follower(item)
  }
}
