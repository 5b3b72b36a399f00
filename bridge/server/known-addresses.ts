import { networkOf } from '../core/network.ts'

const KNOWN_MS = 12 * 3_600_000
const MOST = 1000

/** Networks from which somebody has lately shown a session or a token: places are kept for them. */
export class KnownAddresses {
  readonly #until = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number = performance.now.bind(performance)) {
    this.#now = now
  }

  /** Somebody whom the bridge knows has come from there. */
  note(address: string): void {
    const network = networkOf(address)
    this.#until.delete(network)
    this.#until.set(network, this.#now() + KNOWN_MS)
    if (this.#until.size > MOST) this.#until.delete(this.#until.keys().next().value ?? '')
  }

  has(address: string): boolean {
    return (this.#until.get(networkOf(address)) ?? 0) > this.#now()
  }
}
