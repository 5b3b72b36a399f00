const TICKS_PER_MS = 90
/** A source that paused, or whose clock jumped, is followed at once. */
const MOST_LATE_MS = 500
/** How much slower than ours its clock may run before that shows: quartz is off by a tenth of this. */
const DRIFT = 0.0005

/** When the pictures of a source were made, by its own clock: packets come in bursts, and later or sooner than others. */
export class SourceClock {
  /** What is between its clock, in ms, and ours: the least that was seen, which is what came without delay. */
  #offsetMs = 0
  #ticks: number | undefined
  #timestamp = 0

  /** When the picture of this RTP timestamp was made, on the clock of `arrivedAt`, which is when it came; ms. */
  madeAt(timestamp: number, arrivedAt: number): number {
    // Going round at 32 bits.
    const gap = this.#ticks === undefined ? 0 : (timestamp - this.#timestamp) | 0
    const first = this.#ticks === undefined
    this.#ticks = (this.#ticks ?? 0) + gap
    this.#timestamp = timestamp
    const sourceMs = this.#ticks / TICKS_PER_MS
    this.#offsetMs += (Math.max(0, gap) / TICKS_PER_MS) * DRIFT
    const lateMs = arrivedAt - (sourceMs + this.#offsetMs)
    if (first || lateMs < 0 || lateMs > MOST_LATE_MS) this.#offsetMs = arrivedAt - sourceMs
    return sourceMs + this.#offsetMs
  }
}
