import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BenchError } from '../../shared/errors.ts'
import { deliverStop, PATIENCE_MS, type StopAnswer } from '../../web/lib/deliver-stop.ts'

const never = new Promise<StopAnswer>(() => undefined)
const lost = new BenchError('connection.lost', 'no bridge')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('goes by the socket alone when that answers', async () => {
  const byHttp = vi.fn(() => Promise.resolve({ stopMs: 9 }))
  await expect(deliverStop({ bySocket: () => Promise.resolve({ stopMs: 1 }), byHttp })).resolves.toEqual({
    stopMs: 1,
  })
  await vi.advanceTimersByTimeAsync(2 * PATIENCE_MS)
  expect(byHttp).not.toHaveBeenCalled()
})

it('goes by HTTP at once when there is no socket', async () => {
  const byHttp = (): Promise<StopAnswer> => Promise.resolve({ stopMs: 2 })
  await expect(deliverStop({ bySocket: undefined, byHttp })).resolves.toEqual({ stopMs: 2 })
})

it('goes by HTTP as well when the socket is silent for 300 ms', async () => {
  const byHttp = vi.fn(() => Promise.resolve({ stopMs: 3 }))
  const delivered = deliverStop({ bySocket: () => never, byHttp })
  await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1)
  expect(byHttp).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  await expect(delivered).resolves.toEqual({ stopMs: 3 })
})

it('goes by HTTP without waiting when the socket refuses', async () => {
  const byHttp = (): Promise<StopAnswer> => Promise.resolve({ stopMs: 4 })
  await expect(deliverStop({ bySocket: () => Promise.reject(lost), byHttp })).resolves.toEqual({ stopMs: 4 })
})

it('has arrived when the socket answers late though HTTP has failed', async () => {
  const late = new Promise<StopAnswer>((resolve) => setTimeout(() => resolve({ stopMs: 5 }), 1000))
  const delivered = deliverStop({ bySocket: () => late, byHttp: () => Promise.reject(lost) })
  await vi.advanceTimersByTimeAsync(1000)
  await expect(delivered).resolves.toEqual({ stopMs: 5 })
})

it('says why when no way got there: a refusal before a lost connection', async () => {
  const refused = new BenchError('session.required', 'sign in')
  const both = deliverStop({ bySocket: () => Promise.reject(refused), byHttp: () => Promise.reject(lost) })
  await expect(both).rejects.toBe(refused)
  const neither = deliverStop({ bySocket: undefined, byHttp: () => Promise.reject(lost) })
  await expect(neither).rejects.toBe(lost)
})
