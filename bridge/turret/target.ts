import type { Direction } from '../../shared/turret.ts'

/** How far a guess goes towards what is seen: place, speed and acceleration (alpha-beta-gamma filter, Sklansky 1957). */
const ALPHA = 0.6
const BETA = 0.25
const GAMMA = 0.02
/** What stood still for so long, in ms, is met anew. */
const STALE_MS = 3000
/** Nothing that is followed turns faster: a guess that does is noise. */
const MOST_SPEED = 200
/** A guess of the acceleration is not carried further than this, s. */
const MOST_BEND_S = 0.15

/** So long a target goes on as it went; then it is believed to less and less, s. */
const SURE_S = 0.2
const FADES_S = 0.35

/** Where the target is, in degrees, from where it was seen. Times are of performance.now(). */
export class Target {
  #place: Direction = { pan: 0, tilt: 0 }
  #speed: Direction = { pan: 0, tilt: 0 }
  #bend: Direction = { pan: 0, tilt: 0 }
  #at = -Infinity

  /** Degrees/s. */
  get speed(): Direction {
    return this.#speed
  }

  /** When it was seen last. */
  get seenAt(): number {
    return this.#at
  }

  see(place: Direction, at: number): void {
    const seconds = (at - this.#at) / 1000
    if (seconds <= 0) return
    if (seconds * 1000 > STALE_MS) {
      this.#place = place
      this.#speed = this.#bend = { pan: 0, tilt: 0 }
    } else {
      const guess = this.at(at)
      for (const axis of ['pan', 'tilt'] as const) {
        const off = place[axis] - guess[axis]
        const speed = this.#speed[axis] + this.#bend[axis] * seconds + (BETA * off) / seconds
        this.#place = { ...this.#place, [axis]: guess[axis] + ALPHA * off }
        this.#speed = { ...this.#speed, [axis]: Math.max(-MOST_SPEED, Math.min(MOST_SPEED, speed)) }
        this.#bend = { ...this.#bend, [axis]: this.#bend[axis] + (2 * GAMMA * off) / seconds ** 2 }
      }
    }
    this.#at = at
  }

  /** Where it is, or will be, at a time. */
  at(time: number): Direction {
    const seconds = carried((time - this.#at) / 1000)
    const bent = Math.min(seconds, MOST_BEND_S)
    const on = (axis: 'pan' | 'tilt'): number =>
      this.#place[axis] + this.#speed[axis] * seconds + 0.5 * this.#bend[axis] * bent * bent
    return { pan: on('pan'), tilt: on('tilt') }
  }

  /** How fast it is at a time. */
  speedAt(time: number): Direction {
    const seconds = (time - this.#at) / 1000
    const bent = Math.min(seconds, MOST_BEND_S)
    const left = seconds <= SURE_S ? 1 : Math.exp((SURE_S - seconds) / FADES_S)
    return {
      pan: (this.#speed.pan + this.#bend.pan * bent) * left,
      tilt: (this.#speed.tilt + this.#bend.tilt * bent) * left,
    }
  }
}

/** Seconds at the last known speed that the way of so many seconds is taken for. */
function carried(seconds: number): number {
  if (seconds <= SURE_S) return seconds
  return SURE_S + FADES_S * (1 - Math.exp((SURE_S - seconds) / FADES_S))
}
