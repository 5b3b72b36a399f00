import type { StageSummary } from '../../shared/diagnostics/diagnostics.ts'

/** Durations of the last minute, as many as it holds: noting one costs the same however many there are. */
export class TimeWindow {
  readonly #spanMs: number
  readonly #values: Float32Array
  readonly #times: Float64Array
  #written = 0

  /** Keeps the newest `keeps` of those that are not older than `spanMs`. */
  constructor(spanMs: number, keeps: number) {
    this.#spanMs = spanMs
    this.#values = new Float32Array(keeps)
    this.#times = new Float64Array(keeps)
  }

  /** `at` on the clock of performance.now(). */
  note(ms: number, at: number = performance.now()): void {
    const slot = this.#written % this.#values.length
    this.#values[slot] = ms
    this.#times[slot] = at
    this.#written += 1
  }

  /** Those of the last minute before `now`, smallest first. */
  sorted(now: number = performance.now()): Float32Array {
    const kept = Math.min(this.#written, this.#values.length)
    return this.#values
      .subarray(0, kept)
      .filter((_, i) => now - this.#times[i]! < this.#spanMs)
      .sort()
  }

  /** How many, their median and their 95th percentile; undefined when there are none. */
  summary(now?: number): StageSummary | undefined {
    return summaryOf(this.sorted(now))
  }
}

/** The nearest-rank percentile (`part` from 0 to 1) of values in order; at least one. */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!
}

/** How many, their median and their 95th percentile, to a hundredth of a ms; undefined when there are none. */
export function summaryOf(sorted: ArrayLike<number>): StageSummary | undefined {
  if (sorted.length === 0) return undefined
  const round = (value: number): number => Math.round(value * 100) / 100
  return {
    count: sorted.length,
    medianMs: round(percentile(sorted, 0.5)),
    p95Ms: round(percentile(sorted, 0.95)),
  }
}
