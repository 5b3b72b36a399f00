import { BenchError } from '../../../shared/wire/errors.ts'
import { withDeadline } from '../../core/deadline.ts'
import { emits, isDark, moves, stateWord, type Status } from './status.ts'
import type { GrblWire } from './wire.ts'

const FRESH_MS = 1500
const AGAIN_MS = 500
/** `$10` or the firmware may leave FS: out of some reports. */
const REPORTS_FOR_LIGHT = 5
const ASKED = 2

/** Status reports for those who wait for one. */
export class Reports {
  readonly #device: string
  readonly #waiting = new Set<{ since: number; resolve: (status: Status) => void }>()

  /** What was said last of whether it is homed: not every report says it. */
  saysHomed: boolean | undefined

  constructor(device: string) {
    this.#device = device
  }

  /** A report has come that was asked for at `askedAt`. */
  take(status: Status, askedAt: number): void {
    this.saysHomed = status.homed ?? this.saysHomed
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

  /**
   * Rejects with `device.faulted` unless the controller says, asked now, that the laser is off and nothing moves. With
   * `blind` a controller whose reports never say what the laser does is believed to have ended light with its reset:
   * it is not lit then.
   */
  async confirmDark(wire: GrblWire, blind = false): Promise<Status> {
    let status = await this.fresh(wire)
    // Held at its door it answers its state and nothing else.
    const isHeld = status.state === 'Door'
    let modes: string[] = []
    // An ok that was doubled answers the question before the controller does.
    for (let i = 0; i < ASKED && !isHeld && !modes.some((line) => line.startsWith('[GC:')); i++)
      modes = await wire.send('$G')
    if (!isHeld) status = await this.fresh(wire)
    for (let i = 1; i < REPORTS_FOR_LIGHT && status.speed === undefined; i++) status = await this.fresh(wire)
    const off = isHeld || modes.some((line) => /^\[GC:.* M5\b/.test(line))
    const still = status.feed === 0 && !moves(status)
    const dark = isDark(status) || (blind && status.speed === undefined && !emits(status))
    if (off && dark && still) return status
    const what = !still
      ? 'it is not at rest'
      : status.speed === undefined
        ? 'whether the laser is off is not in its reports (no FS:)'
        : 'the laser is not off'
    throw new BenchError(
      'device.faulted',
      `${this.#device}: ${what} after a reset (${stateWord(status)}, S${status.speed ?? '?'}): take its power away`,
      { device: this.#device },
    )
  }
}
