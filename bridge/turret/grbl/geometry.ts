import type { Direction } from '../../../shared/turret/turret.ts'
import type { AxisConfig, Config } from './config.ts'
import type { Status } from './status.ts'

const LETTERS = 'XYZ'
const AXES = ['pan', 'tilt'] as const
const MM_PER_INCH = 25.4

/** Degrees here, the controller's mm there. */
export class Geometry {
  readonly #config: Config
  /** Of the newest report that had it: work positions are off by it. */
  #offset: readonly number[] = []

  constructor(config: Config) {
    this.#config = config
  }

  /** Where a report says that the turret points, degrees; `inches` is what $13 makes of it. Undefined when it does not. */
  directionOf(status: Status, inches: boolean): Direction | undefined {
    this.#offset = status.offset ?? this.#offset
    const degrees = AXES.map((name) => {
      const axis = this.#config[name]
      const at = LETTERS.indexOf(axis.axis)
      const machine = (status.position[at] ?? NaN) + (status.machine ? 0 : (this.#offset[at] ?? NaN))
      const mm = machine * (inches ? MM_PER_INCH : 1)
      return Math.round(((mm - axis.zeroMm) / axis.mmPerDegree) * 1000) / 1000 + 0
    })
    const [pan = NaN, tilt = NaN] = degrees
    return Number.isNaN(pan + tilt) ? undefined : { pan, tilt }
  }

  /**
   * A jog to a direction: unlike G-code it can be cancelled without a reset, and one that leaves the controller's
   * travel is refused without an alarm. `seconds` is how long the way takes at full speed, which is `least` mm/s at least.
   */
  jogLine(from: Direction, to: Direction, seconds: number, least = 1 / 60): string {
    const words = AXES.map((name) => `${this.#config[name].axis}${text(mmOf(this.#config[name], to[name]))}`)
    const way = Math.hypot(...AXES.map((name) => this.mmSpan(name, to[name] - from[name])))
    const feed = Math.max(least, way / seconds) * 60
    return `$J=G53G21G90${words.join('')}F${text(feed)}`
  }

  /** mm of a way in degrees. */
  mmSpan(name: 'pan' | 'tilt', degrees: number): number {
    return degrees * this.#config[name].mmPerDegree
  }

  /** Seconds that a way takes when no axis is faster than it may be, nor than `speed` in degrees/s. */
  seconds(from: Direction, to: Direction, speed: number = Infinity): number {
    const times = AXES.map(
      (name) => Math.abs(to[name] - from[name]) / Math.min(speed, this.#config[name].speed),
    )
    return Math.max(...times, 0.001)
  }

  /** The limit that a direction is beyond, in words; undefined when it is within. An axis that stays may be anywhere: homing leaves it outside. */
  beyond(from: Direction, to: Direction): string | undefined {
    for (const name of AXES) {
      const { min, max } = this.#config[name]
      if (to[name] !== from[name] && (to[name] < min || to[name] > max))
        return `${name} ${to[name]}° is outside ${min}° to ${max}°: aim within the limits`
    }
    return undefined
  }

  /** Where a velocity, degrees/s, leads in so many seconds without going over a limit. */
  after(from: Direction, velocity: Direction, seconds: number): Direction {
    const next = (name: 'pan' | 'tilt'): number => {
      const { min, max } = this.#config[name]
      const [here, speed] = [from[name], velocity[name]]
      const there = here + speed * seconds
      if (speed > 0) return Math.min(there, Math.max(here, max))
      return speed < 0 ? Math.max(there, Math.min(here, min)) : here
    }
    return { pan: next('pan'), tilt: next('tilt') }
  }

  /** A velocity, degrees/s, with no axis faster than it may be; its direction is kept. */
  atMost(velocity: Direction): Direction {
    const share = Math.max(1, ...AXES.map((name) => Math.abs(velocity[name]) / this.#config[name].speed))
    return { pan: velocity.pan / share, tilt: velocity.tilt / share }
  }

  /** The limits, degrees. */
  get limits(): { pan: { min: number; max: number }; tilt: { min: number; max: number } } {
    const { pan, tilt } = this.#config
    return { pan: { min: pan.min, max: pan.max }, tilt: { min: tilt.min, max: tilt.max } }
  }
}

/** Machine position, mm, of an axis at a direction in degrees. */
export function mmOf({ zeroMm, mmPerDegree }: AxisConfig, degrees: number): number {
  return zeroMm + degrees * mmPerDegree
}

/** A number as Grbl reads it: three decimals, no exponent. */
export function text(value: number): string {
  return String(Number(value.toFixed(3)) + 0)
}
