import type { Direction } from '../../../shared/turret/turret.ts'

/**
 * How quickly a target may change how it goes: the density of its jerk, degrees²/s⁵, for each square of its speed. What
 * stands mostly goes on standing: the least and the most, in squares of the noise.
 */
const TURNS = 400
const LEAST_JERK = 1e5
const MOST_JERK = 3e8
/** What it may have been doing when it was met, degrees/s and degrees/s², squared. */
const FIRST_SPEED = 400
const FIRST_BEND = 1e4
/** Guesses so often as wrong as they should be, in squares, are of a target that has changed its mind. */
const SURPRISE = 3
const MOST_SURPRISE = 9
/** What was not seen for so long, in ms, is met anew. */
const STALE_MS = 3000
/** Nothing that is followed goes or turns faster, degrees/s and rad/s: a guess that does is noise. */
const MOST_SPEED = 200
const MOST_TURN = 8
/** Below this speed, degrees/s, nothing is known of a turn. */
const TURNING_SPEED = 3
/** A guess of the acceleration is not carried further than this, s. */
const MOST_BEND_S = 0.15

/** So long a target goes on as it went; then it is believed to less and less, s. */
const SURE_S = 0.2
const FADES_S = 0.35

const STILL: Direction = { pan: 0, tilt: 0 }

interface Course {
  place: Direction
  speed: Direction
  bend: Direction
}

/** Covariances of place, speed and acceleration, the same on both axes: upper triangle, row by row. */
type Spread = readonly [number, number, number, number, number, number]

/**
 * Where the target is, in degrees, from where it was seen: a Kalman filter of place, speed and acceleration with white
 * jerk (Bar-Shalom, Li, Kirubarajan 2001, 6.2.3) whose acceleration turns as the course does (11.7). Times are of
 * performance.now(), in ms.
 */
export class Target {
  #course: Course = { place: STILL, speed: STILL, bend: STILL }
  #spread: Spread = [0, 0, 0, 0, 0, 0]
  #surprise = 1
  #at = -Infinity

  /** Degrees/s. */
  get speed(): Direction {
    return this.#course.speed
  }

  /** When it was seen last. */
  get seenAt(): number {
    return this.#at
  }

  /** Seen at a place, which is uncertain by `noise`, degrees RMS. */
  see(place: Direction, at: number, noise: number): void {
    const seconds = (at - this.#at) / 1000
    if (seconds <= 0) return
    this.#at = at
    const variance = noise ** 2
    if (seconds * 1000 > STALE_MS) {
      this.#course = { place, speed: STILL, bend: STILL }
      this.#spread = [variance, 0, 0, FIRST_SPEED, 0, FIRST_BEND]
      this.#surprise = 1
      return
    }
    const guess = flown(this.#course, seconds)
    const off = sum(place, guess.place, -1)
    this.#take(guess, off, this.#spreadFor(off, seconds, variance), variance)
  }

  /** Where it is, or will be, at a time. */
  at(time: number): Direction {
    const seconds = carried(this.#after(time))
    const bent = Math.max(-MOST_BEND_S, Math.min(seconds, MOST_BEND_S))
    const { place } = flown(this.#course, bent)
    return sum(place, this.#course.speed, seconds - bent)
  }

  /** How fast it is at a time. */
  speedAt(time: number): Direction {
    const seconds = this.#after(time)
    const left = seconds <= SURE_S ? 1 : Math.exp((SURE_S - seconds) / FADES_S)
    return sum(STILL, flown(this.#course, Math.max(-MOST_BEND_S, Math.min(seconds, MOST_BEND_S))).speed, left)
  }

  /** Seconds since it was seen; not far before that, of which a course says as little as of long after. */
  #after(time: number): number {
    return Math.max(-SURE_S, (time - this.#at) / 1000)
  }

  /** How unsure the guess was that proved to be off by so much. */
  #spreadFor(off: Direction, seconds: number, variance: number): Spread {
    const { pan, tilt } = this.#course.speed
    const usual = Math.max(
      LEAST_JERK * variance,
      Math.min(MOST_JERK * variance, TURNS * (pan ** 2 + tilt ** 2)),
    )
    const spread = spreadAfter(this.#spread, seconds, usual)
    const wrong = (off.pan ** 2 + off.tilt ** 2) / (2 * (spread[0] + variance))
    this.#surprise += 0.5 * (Math.min(wrong, MOST_SURPRISE) - this.#surprise)
    if (this.#surprise <= SURPRISE) return spread
    return spreadAfter(this.#spread, seconds, MOST_JERK * variance)
  }

  #take({ place, speed, bend }: Course, off: Direction, spread: Spread, variance: number): void {
    const [p, ps, pb, s, sb, b] = spread
    const whole = p + variance
    const [toPlace, toSpeed, toBend] = [p / whole, ps / whole, pb / whole]
    this.#course = {
      place: sum(place, off, toPlace),
      speed: atMost(sum(speed, off, toSpeed), MOST_SPEED),
      bend: sum(bend, off, toBend),
    }
    this.#spread = [
      p - toPlace * p,
      ps - toPlace * ps,
      pb - toPlace * pb,
      s - toSpeed * ps,
      sb - toSpeed * pb,
      b - toBend * pb,
    ]
  }
}

/** A course after so many seconds. */
function flown({ place, speed, bend }: Course, t: number): Course {
  const square = Math.max(speed.pan ** 2 + speed.tilt ** 2, TURNING_SPEED ** 2)
  const turn = (speed.pan * bend.tilt - speed.tilt * bend.pan) / square
  const turning = Math.max(-MOST_TURN, Math.min(MOST_TURN, turn))
  const jerk = { pan: -turning * bend.tilt, tilt: turning * bend.pan }
  return {
    place: sum(sum(sum(place, speed, t), bend, t ** 2 / 2), jerk, t ** 3 / 6),
    speed: sum(sum(speed, bend, t), jerk, t ** 2 / 2),
    bend: sum(bend, jerk, t),
  }
}

/** How uncertain it is after a time in which it was not seen. */
function spreadAfter([p, ps, pb, s, sb, b]: Spread, t: number, jerk: number): Spread {
  const half = t ** 2 / 2
  return [
    p + 2 * t * ps + 2 * half * pb + t ** 2 * s + 2 * t * half * sb + half ** 2 * b + (jerk * t ** 5) / 20,
    ps + t * pb + t * s + (t ** 2 + half) * sb + t * half * b + (jerk * t ** 4) / 8,
    pb + t * sb + half * b + (jerk * t ** 3) / 6,
    s + 2 * t * sb + t ** 2 * b + (jerk * t ** 3) / 3,
    sb + t * b + (jerk * t ** 2) / 2,
    b + jerk * t,
  ]
}

function sum(a: Direction, b: Direction, times: number): Direction {
  return { pan: a.pan + b.pan * times, tilt: a.tilt + b.tilt * times }
}

function atMost({ pan, tilt }: Direction, most: number): Direction {
  const limit = (value: number): number => Math.max(-most, Math.min(most, value))
  return { pan: limit(pan), tilt: limit(tilt) }
}

/** Seconds at the last known speed that the way of so many seconds is taken for. */
function carried(seconds: number): number {
  if (seconds <= SURE_S) return seconds
  return SURE_S + FADES_S * (1 - Math.exp((SURE_S - seconds) / FADES_S))
}
