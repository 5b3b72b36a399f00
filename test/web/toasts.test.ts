import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BenchError } from '../../shared/wire/errors.ts'
import { toasts } from '../../web/ui/toasts.svelte.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
})

it('counts the same failure instead of repeating it', () => {
  const error = new BenchError('device.timeout', 'no answer', { device: 'dut' })
  toasts.report(error)
  toasts.report(error)
  expect(toasts.list).toMatchObject([{ code: 'device.timeout', device: 'dut', times: 2 }])
})

it('shows the newest five', () => {
  for (let i = 0; i < 9; i++) toasts.report(new Error(`failure ${i}`))
  expect(toasts.list.map((toast) => toast.message)).toEqual([4, 5, 6, 7, 8].map((i) => `failure ${i}`))
})

it('goes by itself after 8 s, but not while somebody reads it', () => {
  toasts.report(new Error('once'))
  const [toast] = toasts.list
  toasts.hold(toast?.id ?? 0)
  vi.advanceTimersByTime(60_000)
  expect(toasts.list).toHaveLength(1)
  toasts.release(toast?.id ?? 0)
  vi.advanceTimersByTime(8000)
  expect(toasts.list).toHaveLength(0)
})
