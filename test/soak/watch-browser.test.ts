import { expect, it } from 'vitest'
import { checkInARow } from '../bench/watch-browser.ts'
import { progress } from '../bench/statistics.ts'

it('checks 200 pages in a row without growing, and leaves no process behind', async () => {
  const row = await checkInARow(200, 20)
  progress(JSON.stringify(row))
  expect(row.left).toBe(0)
  // What a page had loaded is collected some checks later.
  expect(row.growthPercent).toBeLessThan(20)
})
