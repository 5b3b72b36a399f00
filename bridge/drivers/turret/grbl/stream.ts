import type { Direction } from '../../../../shared/turret.ts'
import type { Geometry } from './geometry.ts'
import type { GrblWire } from './wire.ts'

/** One jog line's worth of turning. */
const SEGMENT_MS = 100
const TICK_MS = 30
/** How far ahead lines are sent beyond what braking needs: what the turret still turns when the bridge dies. */
const AHEAD_MS = 200

interface StreamOptions {
  wire: GrblWire
  geometry: Geometry
  acceleration: (axis: 'pan' | 'tilt') => number
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
  #velocity: Direction = { pan: 0, tilt: 0 }
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
    this.end()
    this.#planned = from
    this.#plannedUntil = performance.now()
    this.turn(velocity)
    this.#timer = setInterval(() => this.#fill(), TICK_MS)
    this.#fill()
  }

  /** From here on with another velocity. */
  turn(velocity: Direction): void {
    this.#velocity = velocity
  }

  /** Sends nothing more; what is queued in the controller is for a jog cancel. */
  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #fill(): void {
    const { geometry } = this.#options
    const now = performance.now()
    const horizon = now + AHEAD_MS + this.#brakingMs()
    while (this.#plannedUntil < horizon && this.#timer !== undefined) {
      const seconds = SEGMENT_MS / 1000
      const from = this.#planned
      const to = geometry.after(from, this.#velocity, seconds)
      this.#plannedUntil = Math.max(this.#plannedUntil, now) + SEGMENT_MS
      if (to.pan === from.pan && to.tilt === from.tilt) return
      this.#planned = to
      this.#send(geometry.jogLine(from, to, seconds))
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
