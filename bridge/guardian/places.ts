import { isLoopback } from '../core/loopback.ts'

/** How many connections there are on the guardian's port at once. */
const MOST = 256
/** So many of them are for this machine and for those who have shown a ticket. */
const KEPT = 128
const MOST_PER_STRANGER = 16
/** An address that has shown a valid ticket is known for so long. */
const KNOWN_MS = 12 * 3_600_000

/** Who gets a place on the guardian's port: a flood of strangers must not keep an operator's stop out. */
export class Places {
  readonly #now: () => number
  readonly #perAddress = new Map<string, number>()
  readonly #known = new Map<string, number>()
  #strangers = 0
  #all = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Answers what gives the place back; undefined when there is none for this address. Everybody else comes from a proxy's. */
  take(address: string, isProxy = false): (() => void) | undefined {
    const here = this.#perAddress.get(address) ?? 0
    const known = isProxy || isLoopback(address) || (this.#known.get(address) ?? 0) > this.#now()
    if (this.#all >= MOST) return undefined
    if (!known && (here >= MOST_PER_STRANGER || this.#strangers >= MOST - KEPT)) return undefined
    this.#all += 1
    if (!known) this.#strangers += 1
    this.#perAddress.set(address, here + 1)
    return () => {
      this.#all -= 1
      if (!known) this.#strangers -= 1
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left > 0) this.#perAddress.set(address, left)
      else this.#perAddress.delete(address)
    }
  }

  /** This address has shown a valid ticket. */
  knows(address: string): void {
    if (this.#known.size >= MOST) this.#known.delete([...this.#known.keys()][0] ?? '')
    this.#known.set(address, this.#now() + KNOWN_MS)
  }
}
