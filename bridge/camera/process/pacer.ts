import { pause } from '../../core/deadline.ts'

/**
 * Calls `tick` at a steady rate until the signal aborts. Each tick is due a period after the one before was due, not
 * after it ran, so the rate does not drift; ticks that were missed are left out, never made up for in a burst.
 * `periodMs` is asked anew each time.
 */
export async function paced(periodMs: () => number, tick: () => void, signal: AbortSignal): Promise<void> {
  let due = performance.now()
  while (!signal.aborted) {
    const wait = due - performance.now()
    if (wait > 0 && !(await pause(wait, signal))) return
    tick()
    const period = periodMs()
    // Timers fire up to a millisecond early, too.
    const missed = Math.max(0, Math.floor((performance.now() - due) / period))
    due += period * (1 + missed)
  }
}
