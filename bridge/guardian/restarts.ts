/** How long the bridge waits before its first, second, third … start after a death (ms). */
const PAUSES_MS = [0, 1000, 5000, 30_000, 60_000]
const WINDOW_MS = 600_000
const MOST_DEATHS = 5

/** Whether and when a bridge that has died may start again. */
export interface Restart {
  /** Undefined: it stays down until a person has seen to it. */
  pauseMs: number | undefined
  why: string
}

/** Judges by the deaths so far, by a monotonic clock that `now` is of. */
export function restartAfter(deaths: readonly number[], now: number): Restart {
  const recent = deaths.filter((at) => now - at < WINDOW_MS)
  const last = recent.at(-1)
  if (last === undefined) return { pauseMs: 0, why: 'it has not died lately' }
  const times = `it has died ${recent.length} time${recent.length === 1 ? '' : 's'} in ten minutes`
  if (recent.length >= MOST_DEATHS) return { pauseMs: undefined, why: times }
  const pause = PAUSES_MS[recent.length - 1] ?? 0
  return { pauseMs: Math.max(0, last + pause - now), why: times }
}
