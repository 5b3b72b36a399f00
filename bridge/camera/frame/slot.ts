/** A place for one thing: a newer one replaces what nobody took. Whoever takes waits for the next; one at a time. */
export class LatestSlot<T> {
  #waiting: T | undefined
  #taker: ((item: T) => void) | undefined
  #dropped = 0

  /** How many were replaced before anybody took them. */
  get dropped(): number {
    return this.#dropped
  }

  /** Puts an item in, in place of any that waits. */
  put(item: T): void {
    const taker = this.#taker
    if (taker) {
      this.#taker = undefined
      taker(item)
      return
    }
    if (this.#waiting !== undefined) this.#dropped += 1
    this.#waiting = item
  }

  /** The item that waits, or the next to come. Throws when somebody else waits already. */
  take(): Promise<T> {
    if (this.#taker) throw new Error('a LatestSlot has one taker at a time')
    const item = this.#waiting
    this.#waiting = undefined
    if (item !== undefined) return Promise.resolve(item)
    return new Promise((resolve) => (this.#taker = resolve))
  }
}
