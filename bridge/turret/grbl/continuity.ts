import type { Direction } from '../../../shared/turret/turret.ts'

/** An axis at rest may be reported a step aside, degrees. */
const AT_REST = 0.05
/** Over what the fastest axis could have turned: reports have their own time, and speeds are rounded. */
const HASTE = 1.2
const SLACK = 0.5

interface ContinuityOptions {
  /** The fastest that the controller turns an axis, degrees/s; Infinity where it does not say. */
  fastest: (axis: 'pan' | 'tilt') => number
  /** Degrees of one motor step of each axis. */
  step: (axis: 'pan' | 'tilt') => number
}

/**
 * Whether positions can follow from each other. One that cannot is a lost byte, or a controller that counts anew since
 * its power was away: the next report tells one from the other.
 */
export class Continuity {
  readonly #options: ContinuityOptions
  #last: { at: number; direction: Direction; moving: boolean } | undefined
  #doubted: Direction | undefined

  constructor(options: ContinuityOptions) {
    this.#options = options
  }

  /** From here on any position may come: homing sets it anew. */
  forget(): void {
    this.#last = this.#doubted = undefined
  }

  /** Takes a position, degrees, of a report that was asked for at `askedAt`; `moving`: it turned since the last one, or may have. */
  take(direction: Direction, moving: boolean, askedAt: number): 'follows' | 'doubtful' | 'jumped' {
    const last = this.#last
    const seconds = last ? (performance.now() - last.at) / 1000 : 0
    const turned = moving || (last?.moving ?? false)
    const jumped = last !== undefined && this.#isOff(direction, last.direction, turned ? seconds : 0)
    const again = this.#doubted !== undefined && !this.#isOff(direction, this.#doubted, turned ? seconds : 0)
    if (jumped && !again) {
      this.#doubted = direction
      return 'doubtful'
    }
    this.#doubted = undefined
    this.#last = { at: Number.isFinite(askedAt) ? askedAt : performance.now(), direction, moving }
    return jumped ? 'jumped' : 'follows'
  }

  #isOff(one: Direction, other: Direction, seconds: number): boolean {
    const { fastest, step } = this.#options
    return (['pan', 'tilt'] as const).some((axis) => {
      const most = seconds > 0 ? fastest(axis) * seconds * HASTE + SLACK : Math.max(AT_REST, 2 * step(axis))
      return Math.abs(one[axis] - other[axis]) > most
    })
  }
}
