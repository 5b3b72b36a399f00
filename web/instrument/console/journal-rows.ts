import type { JournalEntry, JournalFilter } from '../../../shared/instrument/journal.ts'

/** So many entries are on the screen; the bridge has the rest. */
export const ROWS = 300

/** What stands in the filter's form; an empty member does not narrow. */
export interface JournalDraft {
  by: '' | JournalEntry['by']
  lane: '' | JournalEntry['lane']
  who: string
  text: string
  polls: boolean
  errors: boolean
}

export const NO_JOURNAL_FILTER: JournalDraft = {
  by: '',
  lane: '',
  who: '',
  text: '',
  polls: false,
  errors: false,
}

/** The filter that a draft means. */
export function journalFilterOf({ by, lane, who, text, polls, errors }: JournalDraft): JournalFilter {
  return {
    ...(by && { by }),
    ...(lane && { lane }),
    ...(who.trim() && { who: who.trim() }),
    ...(text.trim() && { text: text.trim() }),
    // Whoever asks for polls by name gets them.
    ...(polls || by === 'poll' || lane === 'poll' ? {} : { polls: 'hide' as const }),
    ...(errors ? { errors: 'only' as const } : {}),
  }
}

/** Rows newest first with what has come since, of which only the newest stay. */
export function withNewer(rows: readonly JournalEntry[], newer: readonly JournalEntry[]): JournalEntry[] {
  const known = rows[0]?.n ?? 0
  return [...newer.filter(({ n }) => n > known).reverse(), ...rows].slice(0, ROWS)
}

/** The filter as the query string of an export. */
export function journalQuery(filter: JournalFilter): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  return query.size === 0 ? '' : `?${query.toString()}`
}
