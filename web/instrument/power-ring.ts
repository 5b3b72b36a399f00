/** A gap in time longer than this is drawn as a gap: the line was held, or the page was away. */
const GAP_MS = 500
const GAP_PERIODS = 3

/** The newest rows of samples in order of time, as many as it holds; a row not newer than the last is left out. */
export class PowerRing {
  readonly columns: number
  readonly capacity: number
  readonly #times: Float64Array
  readonly #values: Float32Array
  #written = 0
  #newest = -Infinity

  constructor(columns: number, capacity: number) {
    this.columns = columns
    this.capacity = capacity
    this.#times = new Float64Array(capacity)
    this.#values = new Float32Array(capacity * columns)
  }

  get length(): number {
    return Math.min(this.#written, this.capacity)
  }

  /** When the newest row was taken, ms since the epoch. */
  get newest(): number {
    return this.#newest
  }

  /** Adds rows; those that a backlog repeats after a reconnection are known already. */
  push(times: Float64Array, values: Float32Array): void {
    for (let row = 0; row < times.length; row++) {
      const time = times[row]!
      if (!(time > this.#newest)) continue
      const slot = this.#written % this.capacity
      this.#times[slot] = time
      for (let column = 0; column < this.columns; column++) {
        this.#values[slot * this.columns + column] = values[row * this.columns + column]!
      }
      this.#newest = time
      this.#written += 1
    }
  }

  /** The values of the newest row; empty before the first. */
  last(): number[] {
    if (this.#written === 0) return []
    const slot = (this.#written - 1) % this.capacity
    return Array.from(this.#values.subarray(slot * this.columns, (slot + 1) * this.columns))
  }

  /**
   * The last `spanMs` before `now` as columns to draw: x in seconds relative to `now`, then one list a channel with
   * null where there was no number, and an empty row inside every gap in time.
   */
  window(now: number, spanMs: number, ratePerS: number): [x: number[], ...channels: (number | null)[][]] {
    const gapMs = Math.max(GAP_MS, (GAP_PERIODS * 1000) / ratePerS)
    const x: number[] = []
    const channels = Array.from({ length: this.columns }, (): (number | null)[] => [])
    let before = Infinity
    for (let i = this.#written - this.length; i < this.#written; i++) {
      const slot = i % this.capacity
      const time = this.#times[slot]!
      if (time < now - spanMs) continue
      if (time - before > gapMs) {
        x.push(((time + before) / 2 - now) / 1000)
        for (const channel of channels) channel.push(null)
      }
      x.push((time - now) / 1000)
      channels.forEach((channel, column) => {
        const value = this.#values[slot * this.columns + column]!
        channel.push(Number.isFinite(value) ? value : null)
      })
      before = time
    }
    return [x, ...channels]
  }
}
