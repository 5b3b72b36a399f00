import { BenchError } from '../../shared/wire/errors.ts'
import { MOST_SLOWDOWN, slowdown } from './machine-load.ts'

/** A timer that comes so much too late means that this process itself was held up. */
const OWN_LATE_MS = 50

interface Clock {
  now: () => number
  slowdown: () => number
}
const REAL: Clock = { now: () => performance.now(), slowdown }

/**
 * A deadline for what has to start, or to answer, and is only slow on a slow machine: killed and begun anew it would be
 * late for ever. When its time is over it is asked how busy the machine is, and so many times as long is given, ten
 * times at most; time in which this process itself was held up does not count either, since the answer may wait in its
 * queue. Not for what keeps people safe: a heartbeat that is late is late. It keeps no process alive.
 */
export class StartDeadline implements Disposable {
  readonly #clock: Clock
  #timer: NodeJS.Timeout | undefined
  #begunAt = 0
  #dueAt = 0
  #ms = 0
  #late: (afterMs: number) => void = () => {}

  /** `clock` is another where something else than the whole machine says how slow it is: `slowdownOf` a process. */
  constructor(clock: Partial<Clock> = {}) {
    this.#clock = { ...REAL, ...clock }
  }

  /** Calls `late` with the time that it was given after `ms` of a quiet machine, unless it ends or begins again before. */
  begin(ms: number, late: (afterMs: number) => void): void {
    this.#ms = ms
    this.#late = late
    this.#begunAt = this.#clock.now()
    this.#wakeAt(this.#begunAt + ms)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #wakeAt(at: number): void {
    clearTimeout(this.#timer)
    this.#dueAt = at
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, at - this.#clock.now())).unref()
  }

  #wake(): void {
    const now = this.#clock.now()
    const heldUpMs = now - this.#dueAt
    const most = this.#begunAt + this.#ms * MOST_SLOWDOWN
    const given = Math.min(this.#begunAt + this.#ms * this.#clock.slowdown(), most)
    const again = heldUpMs > OWN_LATE_MS ? Math.max(given, Math.min(now + heldUpMs, most)) : given
    // A timer counts whole ms and may come a fraction of one too early.
    if (again - now >= 1) return this.#wakeAt(again)
    this.#timer = undefined
    this.#late(now - this.#begunAt)
  }
}

/**
 * `work`, or a `device.timeout` after `ms` of a quiet machine (see StartDeadline), or `aborted` when the signal aborts
 * first. The work itself is not ended: what it comes to afterwards is handed to `late`, to be closed.
 */
export async function withStartDeadline<T>(
  work: Promise<T>,
  ms: number,
  what: string,
  options: { device?: string; signal?: AbortSignal; late?: (value: T) => void } = {},
): Promise<T> {
  const { device, signal, late = () => {} } = options
  const over = Promise.withResolvers<never>()
  using deadline = new StartDeadline()
  deadline.begin(ms, (afterMs) =>
    over.reject(
      new BenchError('device.timeout', `${what} took longer than ${inWords(afterMs, ms)}`, { device }),
    ),
  )
  const abort = (): void =>
    over.reject(new BenchError('aborted', `${what} was given up`, { device, cause: signal?.reason }))
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  let waits = true
  work.then(
    (value) => {
      if (!waits) late(value)
    },
    () => {},
  )
  try {
    return await Promise.race([work, over.promise])
  } finally {
    waits = false
    signal?.removeEventListener('abort', abort)
  }
}

/** `10 s`, or `34 s, 10 s on a machine that is not busy`. */
export function inWords(afterMs: number, ms: number): string {
  const seconds = (time: number): string => `${Math.round(time / 100) / 10} s`
  return afterMs > ms * 1.1
    ? `${seconds(afterMs)}, ${seconds(ms)} on a machine that is not busy`
    : seconds(ms)
}
