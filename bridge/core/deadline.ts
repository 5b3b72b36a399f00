import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../../shared/wire/errors.ts'

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

/**
 * One deadline after the other, for work that begins and ends thousands of times a second: its timer goes on from one
 * to the next, and is set anew only when it would come too late. It keeps no process alive.
 */
export class Watch {
  #timer: NodeJS.Timeout | undefined
  /** performance.now() at which the timer comes, and before which the work must be over. */
  #wakesAt = 0
  #due = Infinity
  #ms = 0
  #late: () => void = () => {}

  /** From `now` (performance.now()) on: calls `late` after `ms`, unless it is ended, extended or begun again before. */
  begin(now: number, ms: number, late: () => void): void {
    this.#ms = ms
    this.#late = late
    this.#due = now + ms
    if (!this.#timer || this.#wakesAt > this.#due) this.#wakeAfter(now, ms)
  }

  /** The whole time again from now on, if it is not over. */
  extend(): void {
    if (this.#due < Infinity) this.#due = performance.now() + this.#ms
  }

  end(): void {
    this.#due = Infinity
    this.#late = () => {}
  }

  #wakeAfter(now: number, ms: number): void {
    clearTimeout(this.#timer)
    this.#wakesAt = now + ms
    this.#timer = setTimeout(() => this.#wake(), ms).unref()
  }

  #wake(): void {
    this.#timer = undefined
    const now = performance.now()
    // A timer counts whole ms and may come a fraction of one too early.
    if (this.#due - now >= 1) {
      if (this.#due < Infinity) this.#wakeAfter(now, this.#due - now)
      return
    }
    const late = this.#late
    this.end()
    late()
  }
}

/** Waits `ms`, not at all when that is past; answers false when the signal aborted first. Never throws. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(Math.max(0, ms), true, { signal }).catch(() => false)
}
