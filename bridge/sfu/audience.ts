/** Who leaves and comes back at once, as with a page that is loaded again, does not put the encoder to sleep. */
const LINGER_MS = 3000

/** Tells a camera whether anybody watches. */
export class Audience implements Disposable {
  readonly #tell: (watched: boolean) => void
  #watched = false
  #leaving: NodeJS.Timeout | undefined

  /** `places`: how many watch already. */
  constructor(tell: (watched: boolean) => void, places: number) {
    this.#tell = tell
    this.count(places)
  }

  /** So many watch now. */
  count(places: number): void {
    if (places > 0) {
      clearTimeout(this.#leaving)
      this.#leaving = undefined
      this.#say(true)
    } else if (this.#watched) this.#leaving ??= setTimeout(() => this.#say(false), LINGER_MS)
  }

  #say(watched: boolean): void {
    if (watched === this.#watched) return
    this.#watched = watched
    this.#leaving = undefined
    this.#tell(watched)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#leaving)
  }
}
