/** How often the clock ticks by which silence is measured. */
export const TICK_MS = 100

/**
 * Notices that nothing has been heard for too long. Only time in which this thread ran counts: what came while it was
 * busy or frozen waits still to be read, and is no silence.
 */
export class Silence {
  readonly #mostMs: number
  readonly #lost: () => void
  readonly #now: () => number
  #tickedAt: number
  #silentMs = 0

  /** Calls `lost` once for each silence of `mostMs`. */
  constructor(mostMs: number, lost: () => void, now: () => number = () => performance.now()) {
    this.#mostMs = mostMs
    this.#lost = lost
    this.#now = now
    this.#tickedAt = now()
  }

  heard(): void {
    this.#silentMs = 0
  }

  /** To be called every TICK_MS. */
  tick(): void {
    const now = this.#now()
    const before = this.#silentMs
    this.#silentMs += Math.min(now - this.#tickedAt, 2 * TICK_MS)
    this.#tickedAt = now
    if (before < this.#mostMs && this.#silentMs >= this.#mostMs) this.#lost()
  }
}
