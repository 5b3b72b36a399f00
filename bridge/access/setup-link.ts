import { timingSafeEqual } from 'node:crypto'
import { BenchError } from '../../shared/wire/errors.ts'
import { digestOf, newSecret } from './secret.ts'

const LASTS_MS = 3_600_000

/** The one-time way in to a bench that has no users: whoever reads the terminal makes the first administrator. */
export class SetupLink {
  readonly #now: () => number
  #open: { digest: string; until: number } | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  /** Makes the link's path. An earlier one no longer opens anything. */
  make(): string {
    const secret = newSecret()
    this.#open = { digest: digestOf(secret), until: this.#now() + LASTS_MS }
    return `/#/set-up?key=${secret}`
  }

  /** Uses the link up, until it is given back. Throws `credentials.invalid` for any but the right one in its time. */
  use(key: string): { giveBack(): void } {
    const open = this.#open
    const right = open && timingSafeEqual(Buffer.from(open.digest), Buffer.from(digestOf(key)))
    if (!right || this.#now() >= open.until) {
      const message = 'this set-up link is not, or no longer, good: restart the bridge for a new one'
      throw new BenchError('credentials.invalid', message)
    }
    this.#open = undefined
    return { giveBack: () => (this.#open ??= open) }
  }
}
