/** A frame that is early by less than this share of the period is on time: cameras are not exact either. */
const EARLY = 0.1

/** Lets through so many a second, evenly: those that come when one is due. */
export class Throttle {
  perSecond: number | null
  #due = -Infinity

  /** null lets all through. */
  constructor(perSecond: number | null = null) {
    this.perSecond = perSecond
  }

  /** Whether what comes at `at` (ms) is let through; `take` says that it was. */
  isDue(at: number): boolean {
    return this.perSecond === null || at >= this.#due - (EARLY * 1000) / this.perSecond
  }

  take(at: number): void {
    if (this.perSecond === null) return
    const period = 1000 / this.perSecond
    // On average the rate holds; what was missed is not made up for.
    this.#due = at - this.#due > period ? at + period : this.#due + period
  }
}
