/** Shows what is offered: at once after a silence, then the newest so often at most. */
export class Paced<T> {
  readonly #everyMs: number
  #shown = $state.raw<T>() as T
  #next: { value: T } | undefined
  #shownAt = -Infinity
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(first: T, everyMs: number) {
    this.#shown = first
    this.#everyMs = everyMs
  }

  get value(): T {
    return this.#shown
  }

  offer(value: T): void {
    this.#next = { value }
    const wait = this.#shownAt + this.#everyMs - performance.now()
    if (wait <= 0) this.#show()
    else this.#timer ??= setTimeout(() => this.#show(), wait)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #show(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#next) return
    this.#shownAt = performance.now()
    this.#shown = this.#next.value
    this.#next = undefined
  }
}
