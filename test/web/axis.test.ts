import { expect, it } from 'vitest'
import { decimalsFor } from '../../web/traces/plot/trace-options.ts'

it.each([
  [10, 0],
  [5, 0],
  [2.5, 1],
  [0.25, 2],
  [0.1, 1],
  [0.0001, 4],
])('writes ticks %d apart with %d decimals', (step, decimals) => {
  expect(decimalsFor(step)).toBe(decimals)
})
