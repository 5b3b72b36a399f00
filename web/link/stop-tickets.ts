import type { StopTicket } from '../../shared/guardian/guardian.ts'

/** After a ticket that could not be had. */
const RETRY_MS = 2000
/** A ticket is renewed after half of its life, but not more often than this… */
const SOONEST_MS = 10_000
/** …nor more seldom: a browser's timers hold no more than 24 days, and a machine may have slept. */
const LATEST_MS = 3_600_000

/** This page's ticket for the guardian's stop: fetched ahead, for when it can be fetched no more. */
export class StopTickets {
  readonly #fetch: () => Promise<StopTicket>
  readonly #now: () => number
  #held: StopTicket | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** An answer to a question from before `rest` or `forget` comes too late. */
  #round = 0

  /** `now`: the bridge's clock, by which a ticket ends. */
  constructor(fetch: () => Promise<StopTicket>, now: () => number) {
    this.#fetch = fetch
    this.#now = now
  }

  /** The newest ticket, also one that has ended: it does no harm to try. */
  get ticket(): string | undefined {
    return this.#held?.ticket
  }

  /** The bridge is there, or its guardian is another: a new ticket, and again before each ends. The one held stays meanwhile. */
  renew(): void {
    this.rest()
    void this.#ask(this.#round)
  }

  /** The bridge is not there: nothing is asked of it, and the ticket is kept. */
  rest(): void {
    clearTimeout(this.#timer)
    this.#round += 1
  }

  /** Whoever it was given to is not signed in any more. */
  forget(): void {
    this.rest()
    this.#held = undefined
  }

  async #ask(round: number): Promise<void> {
    let inMs = RETRY_MS
    try {
      const ticket = await this.#fetch()
      if (round !== this.#round) return
      this.#held = ticket
      inMs = Math.min(LATEST_MS, Math.max(SOONEST_MS, (ticket.expiresAt - this.#now()) / 2))
    } catch {
      // Asked again below: without a ticket the stop still goes to the bridge.
      if (round !== this.#round) return
    }
    this.#timer = setTimeout(() => void this.#ask(round), inMs)
  }
}
