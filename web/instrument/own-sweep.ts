import type { SweepState } from '../../shared/instrument/instrument.ts'

/**
 * Tells when a sweep that this page started has ended well. Every page sees the same state; only the one that pressed
 * Start fetches the trace, or ten observers would fetch it ten times.
 */
export class OwnSweep {
  #endedBefore: number | undefined
  #waiting = false

  /** This page is about to start a sweep; `now` is the state it sees. */
  begin(now: SweepState | undefined): void {
    this.#endedBefore = now?.endedAt
    this.#waiting = true
  }

  /** The start was refused. */
  cancel(): void {
    this.#waiting = false
  }

  /** Looks at a newer state; true once, when this page's sweep is done. */
  ended(state: SweepState | undefined): boolean {
    if (!this.#waiting || !state) return false
    const over = state.phase === 'done' || state.phase === 'aborted' || state.phase === 'failed'
    if (!over || state.endedAt === undefined || state.endedAt === this.#endedBefore) return false
    this.#waiting = false
    return state.phase === 'done'
  }
}
