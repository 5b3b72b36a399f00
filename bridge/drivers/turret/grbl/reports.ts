import { BenchError } from '../../../../shared/errors.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { Status } from './message.ts'
import type { GrblWire } from './wire.ts'

const FRESH_MS = 1500
const AGAIN_MS = 500

/** Status reports for those who wait for one. */
export class Reports {
  readonly #device: string
  readonly #waiting = new Set<{ since: number; resolve: (status: Status) => void }>()

  constructor(device: string) {
    this.#device = device
  }

  /** A report has come that was asked for at `askedAt`. */
  take(status: Status, askedAt: number): void {
    for (const waiting of this.#waiting) if (askedAt >= waiting.since) waiting.resolve(status)
  }

  /** A report that was asked for after this call. Rejects with `device.timeout`. */
  async fresh(wire: GrblWire, ms = FRESH_MS): Promise<Status> {
    const answer = Promise.withResolvers<Status>()
    const waiting = { since: performance.now(), resolve: answer.resolve }
    this.#waiting.add(waiting)
    const ask = (): void => {
      wire.forgetStatus()
      wire.askStatus()
    }
    ask()
    // One that is asked for while another is being made is not answered.
    const again = setInterval(ask, AGAIN_MS)
    try {
      return await withDeadline(answer.promise, ms, 'the status report', { device: this.#device })
    } finally {
      clearInterval(again)
      this.#waiting.delete(waiting)
    }
  }

  /** Rejects with `device.faulted` unless the controller says, asked now, that the laser is off and nothing moves. */
  async confirmDark(wire: GrblWire): Promise<Status> {
    const modes = await wire.send('$G')
    const status = await this.fresh(wire)
    const off = modes.some((line) => /^\[GC:.* M5\b/.test(line))
    const still = status.feed === 0 && !['Jog', 'Run', 'Home'].includes(status.state)
    if (off && status.speed === 0 && still) return status
    const what = still ? 'the laser is not off' : 'it is not at rest'
    throw new BenchError(
      'device.faulted',
      `${this.#device}: ${what} after a reset (${status.state}, S${status.speed}): take its power away`,
      { device: this.#device },
    )
  }
}
