import type { Mechanics } from './mechanics.ts'
import type { Settings } from './settings.ts'

const AXES = [0, 1]
const SLICE_S = 0.0005
/** How far it looks for a switch, in travels, and in pull-offs the second time (limits.c). */
const SEARCH = 1.5
const LOCATE = 5

interface Leg {
  approach: boolean
  distance: number
  /** mm/s. */
  speed: number
}

/** The homing cycle: fast to the switches, off them, slowly to them again, off them (limits.c). */
export class Homing {
  readonly #settings: Settings
  readonly #mechanics: Mechanics
  readonly #legs: Leg[]
  readonly #travelled = [0, 0]
  #leg = 0
  #speed = 0
  #waitS = 0
  readonly #locked = new Set<number>()

  constructor(settings: Settings, mechanics: Mechanics) {
    this.#settings = settings
    this.#mechanics = mechanics
    const seek = settings.get(25) / 60
    const off = settings.get(27)
    const travel = Math.max(...AXES.map((axis) => settings.ofAxis(130, axis)))
    this.#legs = [
      { approach: true, distance: SEARCH * travel, speed: seek },
      { approach: false, distance: off, speed: seek },
      { approach: true, distance: LOCATE * off, speed: settings.get(24) / 60 },
      { approach: false, distance: off, speed: seek },
    ]
  }

  /** Goes on for a while; answers true when it is done, and the number of the alarm when it has failed. */
  advance(seconds: number): boolean | number {
    for (let left = seconds; left > 1e-9; left -= SLICE_S) {
      const done = this.#slice(SLICE_S)
      if (done !== false) return done
    }
    return false
  }

  #slice(dt: number): boolean | number {
    if (this.#waitS > 0) {
      this.#waitS -= dt
      return false
    }
    const leg = this.#legs[this.#leg]
    if (!leg) return true
    const acceleration = Math.min(...AXES.map((axis) => this.#settings.ofAxis(120, axis)))
    let left = 0
    for (const axis of AXES) {
      const locked = leg.approach && (this.#locked.has(axis) || this.#mechanics.pressed(axis))
      if (locked) this.#locked.add(axis)
      else left = Math.max(left, leg.distance - (this.#travelled[axis] ?? 0))
    }
    if (left <= 1e-6) return this.#next(leg)
    this.#speed = Math.min(
      this.#speed + acceleration * dt,
      leg.speed,
      Math.max(Math.sqrt(2 * acceleration * left), acceleration * dt),
    )
    for (const axis of AXES) {
      if (this.#locked.has(axis)) continue
      const way = Math.min(this.#speed * dt, leg.distance - (this.#travelled[axis] ?? 0))
      this.#travelled[axis] = (this.#travelled[axis] ?? 0) + way
      this.#mechanics.turn(axis, this.#towardsHome(axis) * (leg.approach ? way : -way))
    }
    return false
  }

  /** Bit n of `$23` homes axis n to its negative end. */
  #towardsHome(axis: number): 1 | -1 {
    return this.#settings.get(23) & (1 << axis) ? -1 : 1
  }

  #next(leg: Leg): boolean | number {
    if (leg.approach && this.#locked.size < AXES.length) return 9
    if (!leg.approach && AXES.some((axis) => this.#mechanics.pressed(axis))) return 8
    this.#leg += 1
    this.#speed = 0
    this.#travelled.fill(0)
    this.#locked.clear()
    this.#waitS = this.#settings.get(26) / 1000
    return this.#leg === this.#legs.length
  }
}

/** What the count of an axis is set to when the cycle is done, mm. */
export function homedPosition(settings: Settings, axis: number): number {
  const off = settings.get(27)
  if (settings.hasBit(22, 3)) return 0
  return settings.get(23) & (1 << axis) ? off - settings.ofAxis(130, axis) : -off
}
