const MOST_SENDERS = 10_000

interface Account {
  left: number
  at: number
}

/** How often each sender may do something: a burst, and then so many a second. */
export class Budget {
  readonly #accounts = new Map<string, Account>()
  readonly #perS: number
  readonly #burst: number
  readonly #now: () => number

  constructor(
    { perS, burst }: { perS: number; burst: number },
    now: () => number = performance.now.bind(performance),
  ) {
    this.#perS = perS
    this.#burst = burst
    this.#now = now
  }

  /** Takes one from the sender's account; false when there is none left. */
  spend(sender: string): boolean {
    const now = this.#now()
    const { left, at } = this.#accounts.get(sender) ?? { left: this.#burst, at: now }
    const saved = Math.min(this.#burst, left + ((now - at) / 1000) * this.#perS)
    // Taken out and put back in: the map's order is then who came last, and the one who goes is the longest idle.
    this.#accounts.delete(sender)
    this.#accounts.set(sender, { left: saved >= 1 ? saved - 1 : saved, at: now })
    if (this.#accounts.size > MOST_SENDERS)
      this.#accounts.delete(this.#accounts.keys().next().value ?? sender)
    return saved >= 1
  }
}
