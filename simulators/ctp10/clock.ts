import { setTimeout as sleep } from 'node:timers/promises'

/** The instrument's own time in seconds, which may run faster than the wall's. */
export class Clock {
  readonly #speedUp: number
  readonly #origin = performance.now()

  constructor(speedUp: number) {
    this.#speedUp = speedUp
  }

  /** Seconds since the instrument was switched on. */
  now(): number {
    return ((performance.now() - this.#origin) / 1000) * this.#speedUp
  }

  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    await sleep(Math.max(0, (seconds * 1000) / this.#speedUp), undefined, { signal })
  }
}
