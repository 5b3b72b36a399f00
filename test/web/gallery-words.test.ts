import { describe, expect, it } from 'vitest'
import type { MediaEntry } from '../../shared/gallery/gallery.ts'
import { askOf, NO_FILTER } from '../../web/gallery/collection-filter.ts'
import { byteSize, clockTime, kindOf } from '../../web/gallery/words.ts'

describe('the words of the gallery', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_940, '99.9 kB'],
    [999_999, '1000 kB'],
    [12_345_678, '12.3 MB'],
    [4.2e12, '4.2 TB'],
    [5e16, '50000 TB'],
  ])('say %d bytes as %s', (bytes, text) => {
    expect(byteSize(bytes)).toBe(text)
  })

  it.each([
    [-5, '0:00'],
    [7999, '0:07'],
    [750_000, '12:30'],
    [3_723_000, '1:02:03'],
  ])('say %d ms as %s', (ms, text) => {
    expect(clockTime(ms)).toBe(text)
  })

  it('tell a part of a recording and a still of a series from others', () => {
    const entry = { kind: 'recording', part: 2, group: 'g' } as MediaEntry
    expect(kindOf(entry)).toBe('Recording, part 2')
    expect(kindOf({ ...entry, part: 1 })).toBe('Recording')
    expect(kindOf({ ...entry, kind: 'still', part: 12 })).toBe('Time lapse 12')
    expect(kindOf({ kind: 'still' } as MediaEntry)).toBe('Still')
  })
})

describe('the filter of the gallery', () => {
  it('asks for nothing that is not filled in, and for whole days', () => {
    expect(askOf(NO_FILTER)).toEqual({})
    const asked = askOf({ ...NO_FILTER, text: ' a ', kind: 'still', from: '2026-03-09', to: '2026-03-09' })
    expect(asked).toMatchObject({ text: 'a', kind: 'still' })
    expect((asked.to ?? 0) - (asked.from ?? 0)).toBe(86_400_000)
    expect(new Date(asked.from ?? 0).getHours()).toBe(0)
  })
})
