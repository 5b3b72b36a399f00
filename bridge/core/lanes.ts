import { BenchError } from '../../shared/wire/errors.ts'

/**
 * The order in which a line serves those who want it: control before bulk; a poll only when nobody else has the line.
 * (Aborting is not here: it does not wait for the line at all.)
 */
export type Lane = 'control' | 'bulk' | 'poll'

/** More than this waiting means that somebody asks without listening to the answers. */
const MOST_WAITING = 64

/** One line, one job at a time. */
export class Lanes {
  readonly #device: string
  readonly #mend: () => Promise<void> | undefined
  readonly #waiting: { control: (() => void)[]; bulk: (() => void)[] } = { control: [], bulk: [] }
  #busyWith: Lane | undefined

  /** `mend` runs after each job, before the next one has the line: a job's caller does not wait for it. */
  constructor(device: string, mend: () => Promise<void> | undefined) {
    this.#device = device
    this.#mend = mend
  }

  /** The lane of the job that has the line. */
  get busyWith(): Lane | undefined {
    return this.#busyWith
  }

  /** Runs a poll if the line is free now; undefined, and nothing run, when it is not. */
  poll<T>(job: () => Promise<T>): Promise<T> | undefined {
    return this.#busyWith === undefined ? this.#serve('poll', job) : undefined
  }

  /** Runs a job when its turn comes. Rejects with `device.busy` when too many wait, `aborted` when the signal ends the wait. */
  run<T>(lane: 'control' | 'bulk', job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    // Not async: on an idle line, which is the usual one, that would be one more promise an exchange.
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    if (this.#busyWith === undefined) return this.#serve(lane, job)
    return this.#turn(lane, signal).then(() => this.#serve(lane, job))
  }

  #turn(lane: 'control' | 'bulk', signal: AbortSignal | undefined): Promise<void> {
    const queue = this.#waiting[lane]
    if (queue.length >= MOST_WAITING) {
      const message = `${this.#device} has ${MOST_WAITING} requests waiting already: wait for their answers and ask again`
      return Promise.reject(new BenchError('device.busy', message, { device: this.#device }))
    }
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        queue.splice(queue.indexOf(turn), 1)
        reject(new BenchError('aborted', 'given up while waiting for the line', { device: this.#device }))
      }
      signal?.addEventListener('abort', leave, { once: true })
      queue.push(turn)
    })
  }

  async #serve<T>(lane: Lane, job: () => Promise<T>): Promise<T> {
    this.#busyWith = lane
    try {
      return await job()
    } finally {
      const mending = this.#mend()
      if (mending) void mending.finally(() => this.#next())
      else this.#next()
    }
  }

  #next(): void {
    const lane = this.#waiting.control.length > 0 ? 'control' : 'bulk'
    const turn = this.#waiting[lane].shift()
    // The line stays taken until the next one, woken in a later microtask, has it: no poll may slip in between.
    this.#busyWith = turn ? lane : undefined
    turn?.()
  }
}
