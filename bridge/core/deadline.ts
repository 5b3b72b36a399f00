import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../../shared/errors.ts'

/**
 * `work`, or a `device.timeout` after `ms`, or the signal's reason when it aborts first. The work itself is not ended:
 * give it the same signal where it can take one.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  what: string,
  options: { device?: string; signal?: AbortSignal } = {},
): Promise<T> {
  const over = new AbortController()
  const signal = options.signal ? AbortSignal.any([over.signal, options.signal]) : over.signal
  const limit = sleep(ms, undefined, { signal }).then(
    () => {
      throw new BenchError('device.timeout', `${what} took longer than ${ms} ms`, { device: options.device })
    },
    () => {
      if (over.signal.aborted) return new Promise<never>(() => {})
      throw new BenchError('aborted', `${what} was given up`, {
        device: options.device,
        cause: options.signal?.reason,
      })
    },
  )
  try {
    return await Promise.race([work, limit])
  } finally {
    over.abort()
  }
}

/** Waits `ms`, not at all when that is past; answers false when the signal aborted first. Never throws. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(Math.max(0, ms), true, { signal }).catch(() => false)
}
