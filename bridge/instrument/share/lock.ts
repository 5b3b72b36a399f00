import { monotonicMs } from '../../core/clock.ts'
import type { Keeper, Line } from '../scpi/line.ts'
import type { Guest } from './guest.ts'

interface Waiting {
  guest: Guest
  grant: (granted: boolean) => void
}

/** The exclusive lock on one instrument. Whoever has it keeps everybody else off the line, for a limited time. */
export class ShareLock implements Disposable {
  readonly #line: Line
  readonly #mostMs: number
  readonly #changed: (owner: Guest | undefined, why: string | undefined) => void
  readonly #waiting: Waiting[] = []
  #owner: Guest | undefined
  #timer: NodeJS.Timeout | undefined

  /** `changed` hears of each new owner, and of none; `why` when it was not the owner's wish. */
  constructor(
    line: Line,
    mostMs: number,
    changed: (owner: Guest | undefined, why: string | undefined) => void,
  ) {
    this.#line = line
    this.#mostMs = mostMs
    this.#changed = changed
  }

  get owner(): Guest | undefined {
    return this.#owner
  }

  /** Whether this program's messages may go to the instrument now. */
  allows(guest: Guest): boolean {
    return this.#owner === undefined || this.#owner === guest
  }

  /** Takes the lock, or keeps it for the whole time again; false when another has it. */
  take(guest: Guest): boolean {
    if (!this.allows(guest)) return false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.end('its time was over'), this.#mostMs)
    this.#owner = guest
    const keeper: Keeper = { who: guest.who, until: monotonicMs() + this.#mostMs }
    this.#line.keeper = keeper
    this.#changed(guest, undefined)
    return true
  }

  /** Waits for the lock in turn, at most `ms`; false when it was not to be had, or the signal aborted. */
  async wait(guest: Guest, ms: number, signal: AbortSignal): Promise<boolean> {
    if (this.take(guest)) return true
    if (ms <= 0 || signal.aborted) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = { guest, grant: resolve }
    this.#waiting.push(waiting)
    const refuse = (): void => resolve(false)
    const timer = setTimeout(refuse, ms)
    signal.addEventListener('abort', refuse, { once: true })
    const granted = await promise
    clearTimeout(timer)
    signal.removeEventListener('abort', refuse)
    const at = this.#waiting.indexOf(waiting)
    if (at >= 0) this.#waiting.splice(at, 1)
    return granted
  }

  /** False when it was not this one's. */
  release(guest: Guest): boolean {
    if (this.#owner !== guest) return false
    this.end(undefined)
    return true
  }

  /** Ends the lock, whoever has it, and gives it to who waits longest. */
  end(why: string | undefined): void {
    if (!this.#owner) return
    clearTimeout(this.#timer)
    const before = this.#owner
    this.#owner = undefined
    this.#line.keeper = undefined
    // Before anybody's message can slip in between.
    const next = this.#waiting.shift()
    if (next && this.take(next.guest)) next.grant(true)
    this.#changed(why === undefined ? undefined : before, why)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#line.keeper = undefined
    for (const { grant } of this.#waiting.splice(0)) grant(false)
  }
}
