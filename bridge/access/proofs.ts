import { BenchError } from '../../shared/wire/errors.ts'
import { PROOF_MINUTES } from '../../shared/access/people.ts'
import type { Caller } from '../device/device.ts'

const LASTS_MS = PROOF_MINUTES * 60_000

/** In which sessions somebody has shown lately who they are: a browser that was left open makes no rights. Forgotten with a restart. */
export class Proofs {
  readonly #now: () => number
  /** When it was shown last, by session. */
  readonly #shownAt = new Map<string, number>()

  /** `now`: a clock that nobody sets, in ms. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Somebody has shown in this session who they are, now or `agoMs` ago. */
  note(session: string, agoMs = 0): void {
    this.#shownAt.set(session, this.#now() - agoMs)
  }

  /** Throws `proof.required` unless the caller has shown lately who they are. Whoever sits at the machine has no password to show. */
  require({ via, key }: Caller, what: string): void {
    if (via === 'local') return
    if (via === 'token') {
      const message = `${what} is for people who have shown who they are, which a token cannot: sign in, or use the command line`
      throw new BenchError('proof.required', message)
    }
    const shownAt = this.#shownAt.get(key)
    if (shownAt !== undefined && this.#now() - shownAt < LASTS_MS) return
    const message = `${what} needs your password, given within the last ${PROOF_MINUTES} minutes: give it with session.prove, and try again`
    throw new BenchError('proof.required', message)
  }

  /** Forgets what counts no more. */
  sweep(): void {
    for (const [session, at] of this.#shownAt) if (this.#now() - at >= LASTS_MS) this.#shownAt.delete(session)
  }
}
