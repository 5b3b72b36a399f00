import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Paced } from '../../web/watches/list/paced.svelte.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('shows at once what comes after a silence, and of what follows fast the newest, so often at most', () => {
  const paced = new Paced(0, 50)
  paced.offer(1)
  expect(paced.value).toBe(1)
  for (let n = 2; n <= 9; n++) paced.offer(n)
  expect(paced.value).toBe(1)
  vi.advanceTimersByTime(51)
  expect(paced.value).toBe(9)
  vi.advanceTimersByTime(1000)
  paced.offer(10)
  expect(paced.value).toBe(10)
})
