import { describe, expect, it } from 'vitest'
import type { DeclaredSetting, DeclaredState } from '../../shared/instrument/declared.ts'
import { problemOf } from '../../web/instrument/declared/draft.ts'
import { chartsOf, sectionsOf, unitOf } from '../../web/instrument/declared/layout.ts'
import { exponentOf, shown, steadyExponent, withPrefix } from '../../web/ui/si.ts'
import { stripRange } from '../../web/traces/plot/strip-options.ts'

describe('a number', () => {
  it.each([
    [0.0123456, 'V', 5, '12.346 mV'],
    [-0.0123456, 'V', 3, '\u221212.3 mV'],
    [1.23456789e-6, 'W', 5, '1.2346 µW'],
    [999.9996, 'Hz', 4, '1.000 kHz'],
    [2.5e9, 'Hz', 3, '2.50 GHz'],
    [0, 'A', 4, '0.000 A'],
    [1e-20, 'A', 3, '0.0000100 fA'],
    [1550.123, 'nm', 7, '1550.123 nm'],
    [-3.21, 'dBm', 5, '\u22123.210 dBm'],
    [0.0078, 'dBm', 5, '0.008 dBm'],
    [-0.0000001, 'dBm', 5, '\u22120.000 dBm'],
    [12.5, '', 4, '12.50 '],
  ])('%d %s with %d digits is read as %s', (value, unit, digits, text) => {
    const { text: figure, unit: said } = shown(value, unit, digits)
    expect(`${figure} ${said}`).toBe(text)
  })

  it('keeps its prefix on an axis until it cannot be read in it any more', () => {
    expect(steadyExponent('V', 0.9, 0)).toBe(0)
    expect(steadyExponent('V', 0.4, 0)).toBe(-3)
    expect(steadyExponent('V', 1.5, -3)).toBe(-3)
    expect(steadyExponent('V', 2.5, -3)).toBe(0)
    expect(steadyExponent('V', 0, -3)).toBe(0)
    expect(steadyExponent('dBm', 3000, 0)).toBe(0)
  })

  it('has no prefix beyond those that there are', () => {
    expect(withPrefix('V', exponentOf('V', 1e30))).toBe('TV')
    expect(withPrefix('V', exponentOf('V', 1e-30))).toBe('fV')
  })
})

describe('the layout', () => {
  const number = { kind: 'number', digits: 5, everyMs: 1000 } as const
  const setting: DeclaredSetting = { label: 'S', type: 'number', unit: 'V', digits: 9, emits: false }
  const declared: DeclaredState = {
    readings: {
      'v-1': { ...number, label: 'Voltage', unit: 'V', column: 0, channel: '1' },
      'i-1': { ...number, label: 'Current', unit: 'A', column: 1, channel: '1' },
      'v-2': { ...number, label: 'Voltage', unit: 'V', column: 2, channel: '2' },
      state: { ...number, kind: 'text', label: 'State', unit: '' },
      any: { ...number, label: 'Any', unit: '', column: 3, units: { by: 'function', are: { Ohms: 'Ω' } } },
    },
    settings: { function: { ...setting, type: 'choice', choices: [{ value: 'Ohms', label: 'Ohms' }] } },
    actions: { zero: { label: 'Zero', emits: false, channel: '2' } },
    traces: {},
    values: { function: { value: 'Ohms', at: 0 } },
    safe: false,
    skipped: 0,
  }

  it('puts what belongs to the instrument first, and then each channel’s own', () => {
    expect(sectionsOf(declared)).toEqual([
      { channel: undefined, readings: ['state', 'any'], settings: ['function'], actions: [] },
      { channel: '1', readings: ['v-1', 'i-1'], settings: [], actions: [] },
      { channel: '2', readings: ['v-2'], settings: [], actions: ['zero'] },
    ])
  })

  it('draws numbers of one unit together, and a unit may follow from a setting', () => {
    expect(chartsOf(declared)).toEqual([
      { unit: 'V', columns: [0, 2] },
      { unit: 'A', columns: [1] },
      { unit: 'Ω', columns: [3] },
    ])
    expect(unitOf(declared.readings['any']!, {})).toBe('')
  })

  it('says what is wrong with a number before it is sent', () => {
    const ranged = { ...setting, min: 0, max: 5 }
    expect(problemOf(ranged, 2)).toBeUndefined()
    expect(problemOf(ranged, 6)).toBe('at most 5 V')
    expect(problemOf(ranged, -1)).toBe('at least 0 V')
    expect(problemOf(ranged, undefined)).toBe('a number is needed')
    expect(problemOf({ ...ranged, type: 'integer' }, 1.5)).toBe('a whole number is needed')
  })
})

it('draws a steady value at a height that fits it', () => {
  const [low, high] = stripRange(0.003, 0.003, 0)
  expect(low).toBeLessThan(0.003)
  expect(high - low).toBeLessThan(1e-5)
  expect(stripRange(0, 0, 0)).toEqual([-0.58, 0.58])
})
