import { expect, it } from 'vitest'
import type { AuditEntry } from '../../shared/access/audit.ts'
import { exportHref, filterOf, NO_FILTER, withNewest } from '../../web/access/audit-filter.ts'

const line = (id: number): AuditEntry => ({
  id,
  at: id,
  who: 'anna',
  via: 'session',
  address: '::1',
  action: 'lease.take',
  input: '{}',
  outcome: 'ok',
  ms: 1,
})
const lines = (...ids: number[]): AuditEntry[] => ids.map(line)

it('narrows by nothing that has not been filled in', () => {
  expect(filterOf(NO_FILTER)).toEqual({})
  expect(exportHref('csv', {})).toBe('/api/audit.csv')
})

it('narrows by what has, with times in ms', () => {
  const filter = filterOf({ ...NO_FILTER, who: ' anna ', outcome: 'refused', from: '2026-03-09T14:03' })
  expect(filter).toEqual({ who: 'anna', outcome: 'refused', from: new Date(2026, 2, 9, 14, 3).getTime() })
})

it('exports by the same filter', () => {
  expect(exportHref('jsonl', { who: 'a&b', from: 5 })).toBe('/api/audit.jsonl?who=a%26b&from=5')
})

it('puts the newest before what is known, each line once', () => {
  expect(withNewest(lines(5, 4, 3), lines(4, 3, 2, 1), 3)).toEqual(lines(5, 4, 3, 2, 1))
  expect(withNewest([], lines(2, 1), 3)).toEqual(lines(2, 1))
})

it('drops what is known rather than show it after a hole', () => {
  expect(withNewest(lines(9, 8, 7), lines(4, 3), 3)).toEqual(lines(9, 8, 7))
})
