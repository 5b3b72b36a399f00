import { expect, it } from 'vitest'
import { age, count, fixed, quantity } from '../../web/ui/format.ts'

it('writes numbers with a true minus sign, and none before a zero', () => {
  expect(fixed(-12.345, 2)).toBe('\u221212.35')
  expect(fixed(-0.001, 2)).toBe('0.00')
})

it('writes a dash for what is not known', () => {
  expect(quantity(undefined, 1, 'dBm')).toBe('—')
  expect(quantity(NaN, 1, 'dBm')).toBe('—')
  expect(count(undefined)).toBe('—')
})

it.each([
  [0, '0.0 s'],
  [3_240, '3.2 s'],
  [42_000, '42 s'],
  [300_000, '5 min'],
  [7_200_000, '2 h'],
  [300_000_000, '3 d'],
])('says an age of %i ms as %s', (ms, text) => {
  expect(age(ms)).toBe(text)
})
