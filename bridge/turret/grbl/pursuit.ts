import type { Direction } from '../../../shared/turret/turret.ts'
import { Poses } from './poses.ts'

/** How much of a report's word on the lag is taken. */
const SHARE = 0.25
/** Slower than this, degrees/s, a position says nothing of time. */
const LEAST_SPEED = 3
const MOST_LAG_MS = 250
const SPEED_OVER_MS = 40
/** So long after the newest report it may be anywhere. */
const KNOWN_MS = 2000

/** Where the turret is while it is steered: reports say where it was, what was sent says how it goes on. */
export class Pursuit {
  readonly #reported = new Poses()
  #planned: Poses | undefined
  #newest: { at: number; direction: Direction } | undefined
  #lagMs = 0

  /** By how much the motors are behind what was sent, ms; below 0 when they are ahead. */
  get lagMs(): number {
    return this.#planned ? this.#lagMs : 0
  }

  get steered(): boolean {
    return this.#planned !== undefined
  }

  /** What is sent is noted from here on; `end` says that it counts no more. */
  begin(): void {
    this.#planned = new Poses()
  }

  end(): void {
    this.#planned = undefined
  }

  /** It will be somewhere at `at`, if it keeps up. */
  plan(at: number, direction: Direction): void {
    this.#planned?.note(at, direction)
  }

  report(at: number, direction: Direction): void {
    this.#reported.note(at, direction)
    this.#newest = { at, direction }
    const here = this.#planned?.at(at)
    const before = this.#planned?.at(at - SPEED_OVER_MS)
    if (!here || !before) return
    const speed = { pan: here.pan - before.pan, tilt: here.tilt - before.tilt }
    const square = speed.pan ** 2 + speed.tilt ** 2
    if (Math.sqrt(square) / (SPEED_OVER_MS / 1000) < LEAST_SPEED) return
    const off = (here.pan - direction.pan) * speed.pan + (here.tilt - direction.tilt) * speed.tilt
    const lagMs = Math.max(-MOST_LAG_MS, Math.min(MOST_LAG_MS, (off / square) * SPEED_OVER_MS))
    this.#lagMs += (lagMs - this.#lagMs) * SHARE
  }

  /** Where it pointed at a time, or points by now; undefined before the first report, and long after the newest. */
  at(time: number): Direction | undefined {
    const newest = this.#newest
    if (!newest || time <= newest.at) return this.#reported.at(time)
    if (time - newest.at > KNOWN_MS) return undefined
    const then = this.#planned?.at(newest.at - this.#lagMs)
    const now = this.#planned?.at(time - this.#lagMs)
    if (!then || !now) return newest.direction
    return {
      pan: newest.direction.pan + now.pan - then.pan,
      tilt: newest.direction.tilt + now.tilt - then.tilt,
    }
  }
}
