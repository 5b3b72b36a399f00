/** A page at work makes some ten calls a second; a runaway script makes thousands. */
const CALLS_PER_S = 100
const BURST = 300
const MOST_CLIENTS = 10_000

interface Account {
  left: number
  at: number
}

/** How often each client may call: a burst, and then so many a second. */
export class Budget {
  readonly #accounts = new Map<string, Account>()
  readonly #now: () => number

  constructor(now: () => number = performance.now.bind(performance)) {
    this.#now = now
  }

  /** Takes one call from the client's account; false when there is none left. */
  spend(client: string): boolean {
    const now = this.#now()
    const { left, at } = this.#accounts.get(client) ?? { left: BURST, at: now }
    const saved = Math.min(BURST, left + ((now - at) / 1000) * CALLS_PER_S)
    // Taken out and put back in: the map's order is then who called last, and the one who goes is the longest idle.
    this.#accounts.delete(client)
    this.#accounts.set(client, { left: Math.max(0, saved - 1), at: now })
    if (this.#accounts.size > MOST_CLIENTS)
      this.#accounts.delete(this.#accounts.keys().next().value ?? client)
    return saved >= 1
  }
}
