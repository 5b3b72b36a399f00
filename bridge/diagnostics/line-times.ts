import { DIAGNOSTICS_SPAN_MS, type SessionDiagnostics } from '../../shared/diagnostics/diagnostics.ts'
import type { JournalEntry, JournalFilter } from '../../shared/instrument/journal.ts'
import { TimeWindow } from '../core/window.ts'

/** A minute at 80 exchanges a second; of a quicker line the newest so many. */
const KEEPS = 5000
/** More than a line makes between two looks; what is beyond it is counted all the same. */
const MOST_AT_ONCE = 2000

/** An instrument's journal, as far as its times matter. */
export interface LineJournal {
  readonly newest: number
  readonly errors: number
  read(filter: JournalFilter, range: { after: number; limit: number }): { entries: JournalEntry[] }
}

/** How one instrument's line fares, read from its journal as that grows. */
export class LineTimes {
  readonly #device: string
  readonly #journal: LineJournal
  readonly #waits = new TimeWindow(DIAGNOSTICS_SPAN_MS, KEEPS)
  readonly #wires = new TimeWindow(DIAGNOSTICS_SPAN_MS, KEEPS)
  #seen = 0

  constructor(device: string, journal: LineJournal) {
    this.#device = device
    this.#journal = journal
  }

  /** Reads what is new. */
  look(): void {
    const { entries } = this.#journal.read({}, { after: this.#seen, limit: MOST_AT_ONCE })
    this.#seen = this.#journal.newest
    // When it was read: the journal's own times go with the clock, which somebody may set.
    const now = performance.now()
    for (const { waitMs, wireMs, sentBytes } of entries) {
      // A note of what happened to the line is no exchange.
      if (sentBytes === 0) continue
      this.#waits.note(waitMs, now)
      this.#wires.note(wireMs, now)
    }
  }

  summary(): SessionDiagnostics {
    const { newest: exchanges, errors } = this.#journal
    const lineWait = this.#waits.summary()
    const wire = this.#wires.summary()
    return { device: this.#device, exchanges, errors, ...(lineWait && { lineWait }), ...(wire && { wire }) }
  }
}
