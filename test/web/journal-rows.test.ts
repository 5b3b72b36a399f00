import { expect, it } from 'vitest'
import { type JournalEntry, journalFilter } from '../../shared/instrument/journal.ts'
import {
  journalFilterOf,
  journalQuery,
  NO_JOURNAL_FILTER,
  ROWS,
  withNewer,
} from '../../web/instrument/console/journal-rows.ts'

const entry = (n: number): JournalEntry => ({
  ...{ n, at: n, lane: 'control', by: 'driver', who: '', sent: 'Q?', sentBytes: 3, answerBytes: 1 },
  ...{ waitMs: 0, wireMs: 0 },
})
const entries = (from: number, to: number): JournalEntry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => entry(from + i))

it('puts what is newer before the rest, each once, and keeps the newest', () => {
  const rows = withNewer(entries(1, 5).reverse(), entries(4, 8))
  expect(rows.map(({ n }) => n)).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  expect(withNewer(entries(1, ROWS).reverse(), entries(ROWS + 1, ROWS + 10)).map(({ n }) => n)).toEqual(
    entries(11, ROWS + 10)
      .reverse()
      .map(({ n }) => n),
  )
})

it('leaves polls out until they are asked for', () => {
  expect(journalFilterOf(NO_JOURNAL_FILTER)).toEqual({ polls: 'hide' })
  expect(journalFilterOf({ ...NO_JOURNAL_FILTER, polls: true })).toEqual({})
  expect(journalFilterOf({ ...NO_JOURNAL_FILTER, by: 'poll' })).toEqual({ by: 'poll' })
})

it('makes filters that the bridge takes, as JSON and as a query string', () => {
  const filter = journalFilterOf({
    by: 'share',
    lane: 'control',
    who: ' logger ',
    text: 'A&B=?',
    polls: false,
    errors: true,
  })
  expect(journalFilter.parse(filter)).toEqual(filter)
  expect(Object.fromEntries(new URLSearchParams(journalQuery(filter)))).toEqual(filter)
  expect(journalQuery({})).toBe('')
})
