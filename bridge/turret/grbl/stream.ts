import type { Direction } from '../../../shared/turret/turret.ts'
import type { Steering } from '../../device/aim.ts'
import type { Geometry } from './geometry.ts'
import type { GrblWire } from './wire.ts'

/** How the way is cut up. */
export interface Pace {
  /** One jog line's worth of turning. */
  segmentMs: number
  tickMs: number
  /** How far ahead lines are sent beyond what braking needs: what the turret still turns when the bridge dies. */
  aheadMs: number
  /** The slowest feed, mm/s: a way of one motor step is not to take longer than it was meant to because it was rounded up. */
  least: number
  /** So much faster than meant is asked for: what braking and a late line have cost is made up for. */
  haste: number
}

/** For people, who hold a speed. */
const STEADY: Pace = { segmentMs: 100, tickMs: 30, aheadMs: 200, least: 1 / 60, haste: 1 }
/** For what is steered many times a second: what is sent already cannot be steered any more. */
export const NIMBLE: Pace = { segmentMs: 15, tickMs: 5, aheadMs: 35, least: 3, haste: 1.2 }

interface StreamOptions {
  wire: GrblWire
  geometry: Geometry
  acceleration: (axis: 'pan' | 'tilt') => number
  /** Where it will be, and when. */
  planned?: (at: number, direction: Direction) => void
  /** By how much the motors are behind what was sent, ms. */
  lagMs?: () => number
  /** The controller takes no more. */
  refused: (error: unknown) => void
}

/**
 * Turning at a speed is a stream of short jogs, a fraction of a second ahead of the motors (Grbl v1.1 jogging): should
 * the stream end, for whatever reason, the controller comes to rest by itself. One long jog to the limit would not.
 */
export class Stream {
  readonly #options: StreamOptions
  #timer: NodeJS.Timeout | undefined
  #steering: Steering = { velocity: () => ({ pan: 0, tilt: 0 }) }
  #velocity: Direction = { pan: 0, tilt: 0 }
  #pace = STEADY
  /** Where the lines that were sent lead, and when the motors are there at full speed. */
  #planned: Direction = { pan: 0, tilt: 0 }
  #plannedUntil = 0
  /** Lines that the controller has not answered. */
  unanswered = 0

  constructor(options: StreamOptions) {
    this.#options = options
  }

  /** Begins at rest, at `from`, with a velocity in degrees/s. */
  start(from: Direction, velocity: Direction): void {
    this.steer(from, { velocity: () => velocity }, STEADY)
  }

  /** Begins at rest, at `from`, and asks for the velocity of each piece of the way. */
  steer(from: Direction, steering: Steering, pace: Pace): void {
    this.end()
    this.#pace = pace
    this.#planned = from
    this.#plannedUntil = performance.now()
    this.#options.planned?.(this.#plannedUntil, from)
    this.#steering = steering
    this.#timer = setInterval(() => this.#fill(), pace.tickMs)
    this.#fill()
  }

  /** From here on with another velocity. */
  turn(velocity: Direction): void {
    this.#steering = { velocity: () => velocity }
  }

  /** Sends nothing more; what is queued in the controller is for a jog cancel. */
  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #fill(): void {
    const { geometry } = this.#options
    const { segmentMs, aheadMs, least, haste } = this.#pace
    const now = performance.now()
    // What the motors have not got round to is ahead of them as well: sending more would only make them later.
    const lagMs = Math.max(0, this.#options.lagMs?.() ?? 0)
    while (this.#plannedUntil + lagMs < now + aheadMs + this.#brakingMs() && this.#timer !== undefined) {
      const seconds = segmentMs / 1000
      const from = this.#planned
      const begins = Math.max(this.#plannedUntil, now)
      this.#velocity = geometry.atMost(this.#steering.velocity(begins, from, seconds))
      const to = geometry.after(from, this.#velocity, seconds)
      this.#plannedUntil = begins + segmentMs
      this.#planned = to
      this.#options.planned?.(this.#plannedUntil, to)
      if (to.pan === from.pan && to.tilt === from.tilt) return
      this.#send(geometry.jogLine(from, to, seconds / haste, least))
    }
  }

  /** The queue has to be as long as braking takes, or the controller never reaches full speed. */
  #brakingMs(): number {
    const { geometry, acceleration } = this.#options
    const times = (['pan', 'tilt'] as const).map(
      (axis) => Math.abs(geometry.mmSpan(axis, this.#velocity[axis])) / (2 * Math.max(1, acceleration(axis))),
    )
    return Math.min(1000, Math.max(...times) * 1000)
  }

  #send(line: string): void {
    this.unanswered += 1
    this.#options.wire
      .send(line)
      .catch((error: unknown) => {
        if (this.#timer === undefined) return
        this.end()
        this.#options.refused(error)
      })
      .finally(() => (this.unanswered -= 1))
  }
}
