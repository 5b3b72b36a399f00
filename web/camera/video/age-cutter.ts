/** Older than the best by so much, for so long, is a picture that waits somewhere and not a link that is far away. */
const GROWN_MS = 400
const FOR_MS = 3000
/** Joining anew shows for an instant: not more often than this. */
const GAP_MS = 30_000

/**
 * Tells when latency has grown while somebody watches: feed it the latency as it is, and it answers whether to join
 * anew. Times in ms, on a clock that only goes on.
 */
export function ageCutter(): (now: number, latencyMs: number | undefined) => boolean {
  let best = Infinity
  let grownSince: number | undefined
  let begun: number | undefined
  return (now, latencyMs) => {
    begun ??= now
    if (latencyMs === undefined) return false
    best = Math.min(best, latencyMs)
    if (latencyMs - best < GROWN_MS) grownSince = undefined
    else grownSince ??= now
    return grownSince !== undefined && now - grownSince >= FOR_MS && now - begun >= GAP_MS
  }
}
