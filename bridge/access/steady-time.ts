/** A step of the clock that is smaller than this is an adjustment, and is followed. */
const STEP_MS = 2000

interface Clocks {
  /** The time of day, in ms since the epoch. */
  wall: () => number
  /** A clock that nobody sets, in ms. */
  monotonic: () => number
  /** The latest time that there was when the bench ran last, in ms since the epoch. */
  latest?: number
}

/**
 * The time by which sessions and tokens end, in ms since the epoch: the time of day, but a clock that is set back does
 * not take it along. It goes on evenly from the latest time there was until the time of day has caught up.
 */
export class SteadyTime {
  readonly #clocks: Clocks
  /** How far it is ahead of the time of day. */
  #aheadMs: number
  #wall: number
  #monotonic: number
  #latest: number

  constructor(clocks: Clocks) {
    this.#clocks = clocks
    this.#wall = clocks.wall()
    this.#monotonic = clocks.monotonic()
    this.#aheadMs = Math.max(0, (clocks.latest ?? 0) - this.#wall)
    this.#latest = this.#wall + this.#aheadMs
  }

  now(): number {
    const wall = this.#clocks.wall()
    const monotonic = this.#clocks.monotonic()
    const stepMs = wall - this.#wall - (monotonic - this.#monotonic)
    if (Math.abs(stepMs) > STEP_MS) this.#aheadMs = Math.max(0, this.#aheadMs - stepMs)
    this.#wall = wall
    this.#monotonic = monotonic
    this.#latest = Math.max(this.#latest, wall + this.#aheadMs)
    return this.#latest
  }

  /** A steady time as people are shown it: by the time of day as it is set now. */
  toWall(steady: number): number {
    this.now()
    return steady - this.#aheadMs
  }

  /** The steady time of a time of day that people have given. */
  fromWall(wall: number): number {
    this.now()
    return wall + this.#aheadMs
  }
}
