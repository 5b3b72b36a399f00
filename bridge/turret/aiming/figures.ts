import type { Look } from './tracker.ts'

/** Figures for people change so often, not with every frame. */
const EVERY_MS = 1000

/** How far off tracking is and how late, on an average of the last second. */
export class Figures {
  #since = 0
  #errors: number[] = []
  #latencies: number[] = []

  /** Takes a look; answers the figures when a second is over, px and ms, null for what was never seen. */
  take(
    { errorPx, latencyMs }: Look,
    now: number,
  ): { errorPx: number | null; latencyMs: number | null } | undefined {
    if (errorPx) this.#errors.push(Math.hypot(errorPx.x, errorPx.y))
    if (Number.isFinite(latencyMs)) this.#latencies.push(latencyMs)
    if (now - this.#since < EVERY_MS) return undefined
    this.#since = now
    const error = mean(this.#errors.splice(0))
    const latency = mean(this.#latencies.splice(0))
    return {
      errorPx: error === undefined ? null : Math.round(error * 10) / 10,
      latencyMs: latency === undefined ? null : Math.round(latency),
    }
  }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length
}
