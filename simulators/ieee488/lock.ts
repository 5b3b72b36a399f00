/** One exclusive lock on the instrument, for whichever client has it. */
export class Lock<Client> {
  #owner: Client | undefined
  readonly #waiting = new Set<() => void>()

  get owner(): Client | undefined {
    return this.#owner
  }

  /** Whether a client may use the instrument now. */
  allows(client: Client): boolean {
    return this.#owner === undefined || this.#owner === client
  }

  /** Waits at most `ms` for the lock; false where another kept it. */
  async take(client: Client, ms: number): Promise<boolean> {
    await this.free(client, ms)
    if (!this.allows(client)) return false
    this.#owner = client
    return true
  }

  /** Waits at most `ms`, for ever when left out, until the client may use the instrument. */
  async free(client: Client, ms = Infinity): Promise<void> {
    const until = performance.now() + ms
    while (!this.allows(client) && performance.now() < until) {
      await new Promise<void>((resolve) => {
        const timer =
          ms === Infinity ? undefined : setTimeout(resolve, Math.max(0, until - performance.now()))
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  /** False where the client had no lock. */
  release(client: Client): boolean {
    if (this.#owner !== client) return false
    this.#owner = undefined
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
    return true
  }
}
