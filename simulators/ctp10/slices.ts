import { setImmediate as nextTurn } from 'node:timers/promises'

const points = 1024
const milliseconds = 2

/** Long calculations in short slices, one calculation at a time, so that the line is always listened to. */
export class Slices {
  #last: Promise<void> = Promise.resolve()

  /** Calls `work(from, to)` until `total` points are done; rejects when the signal aborts. */
  run(total: number, work: (from: number, to: number) => void, signal?: AbortSignal): Promise<void> {
    const run = this.#last.then(async () => {
      for (let from = 0; from < total;) {
        signal?.throwIfAborted()
        const until = performance.now() + milliseconds
        while (from < total && performance.now() < until) {
          const to = Math.min(total, from + points)
          work(from, to)
          from = to
        }
        await nextTurn()
      }
    })
    this.#last = run.catch(() => undefined)
    return run
  }
}
