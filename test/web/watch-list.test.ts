import { describe, expect, it } from 'vitest'
import type { WatchStatus } from '../../shared/watches/watch-state.ts'
import { allToggled, extended, toggled } from '../../web/watches/editor/choosing.ts'
import { rowsInView, scrollTo } from '../../web/watches/list/row-window.ts'
import { fits, NO_FILTER, ranked, tagsOf } from '../../web/watches/list/watch-filter.ts'

const watch = (name: string, part: Partial<WatchStatus> = {}): WatchStatus => ({
  name,
  kind: 'reading',
  tags: [],
  target: 'dut power 1',
  revision: 1,
  outcome: 'ok',
  checks: 0,
  failures: 0,
  changes: 0,
  ...part,
})

describe('the rows that are drawn', () => {
  it('are those in view and a few around them, whatever the length', () => {
    const { from, to } = rowsInView(10_000, 600, 30, 1000)
    expect(from * 30).toBeLessThan(10_000)
    expect(to * 30).toBeGreaterThan(10_600)
    expect(to - from).toBeLessThan(40)
  })

  it('end with the list, and are none where nothing can be seen', () => {
    expect(rowsInView(0, 600, 30, 5)).toEqual({ from: 0, to: 5 })
    expect(rowsInView(9000, 600, 30, 5)).toEqual({ from: 5, to: 5 })
    expect(rowsInView(0, 0, 30, 5)).toEqual({ from: 0, to: 0 })
  })

  it('are scrolled to by as little as it takes', () => {
    expect(scrollTo(3, 100, 300, 30)).toBe(90)
    expect(scrollTo(5, 100, 300, 30)).toBe(100)
    expect(scrollTo(20, 100, 300, 30)).toBe(330)
  })
})

describe('the filter', () => {
  it('wants every word, in the name, a tag, the target or the reason', () => {
    const fit = fits({ ...NO_FILTER, search: ' LOT  4.2 ' })
    expect(fit(watch('Cell', { tags: ['Lot A'], reason: '4.2 is above 4' }))).toBe(true)
    expect(fit(watch('Cell', { tags: ['Lot A'] }))).toBe(false)
  })

  it('shows what fails though it is just being checked', () => {
    const fit = fits({ ...NO_FILTER, show: 'failing' })
    expect(fit(watch('a', { outcome: 'failing', activity: 'checking' }))).toBe(true)
    expect(fit(watch('a', { activity: 'checking' }))).toBe(false)
  })
})

describe('the order', () => {
  const watches = {
    a: watch('Cell 10'),
    b: watch('cell 9', { unseen: 2 }),
    c: watch('Cell 9', { outcome: 'failing', activity: 'queued' }),
    d: watch('Pump', { outcome: 'failing', paused: true }),
  }

  it('takes numbers in names as numbers', () => {
    expect(ranked(watches, 'name')).toEqual(['b', 'c', 'a', 'd'])
  })

  it('has the most pressing first, and what is paused last', () => {
    expect(ranked(watches, 'state')).toEqual(['c', 'b', 'a', 'd'])
  })

  it('forgets who is gone and takes in who is new', () => {
    const { a, c } = watches
    expect(ranked({ a, c, e: watch('Laser') }, 'name', ['d', 'a'])).toEqual(['c', 'a', 'e'])
  })

  it('leaves what is equal where it was', () => {
    const equal = { x: watch('Cell'), y: watch('Cell') }
    expect(ranked(equal, 'state', ['y', 'x'])).toEqual(['y', 'x'])
  })
})

it('counts the tags in use', () => {
  expect(tagsOf({ a: watch('a', { tags: ['x', 'y'] }), b: watch('b', { tags: ['y'] }) })).toEqual([
    { tag: 'y', count: 2 },
    { tag: 'x', count: 1 },
  ])
})

describe('choosing', () => {
  const shown = ['a', 'b', 'c', 'd']

  it('makes a range as the watch is that it begins with, in either direction', () => {
    expect([...extended(new Set(['d', 'x']), 'd', 'b', shown)!].sort()).toEqual(['b', 'c', 'd', 'x'])
    expect([...(extended(new Set(shown), 'e', 'b', shown) ?? ['none'])]).toEqual(['none'])
    expect([...extended(toggled(new Set(shown), 'a'), 'a', 'c', shown)!]).toEqual(['d'])
  })

  it('of all that are shown leaves alone what is not', () => {
    expect([...allToggled(new Set(['x']), shown)].sort()).toEqual(['a', 'b', 'c', 'd', 'x'])
    expect([...allToggled(new Set(['x', ...shown]), shown)]).toEqual(['x'])
  })
})
