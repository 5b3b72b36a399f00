import type { Direction } from '../../shared/turret/turret.ts'

/** What steers a turret that follows: asked for each piece of the way, with where and when it begins. */
export interface Steering {
  /** The velocity, degrees/s, for `seconds` from `from` on, where the turret will be at `at` of performance.now(). */
  velocity(at: number, from: Direction, seconds: number): Direction
}

/** A turret that follows. */
export interface Following {
  /** Resolves when it does not follow any more: a newer command, a stop, an alarm. Never rejects. */
  readonly ended: Promise<void>
  /** Comes to rest. Rejects with `device.timeout`. */
  end(): Promise<void>
}

/** What a turret does for those in the bridge who look through a camera. */
export interface Aim {
  /** While it follows: by how much the motors are behind where they are meant to be, ms, as measured. */
  readonly lagMs: number
  /** How fast it can change its speed, degrees/s². */
  readonly agility: number
  /** Where it pointed at a time of performance.now(), degrees, up to 2 s ago; undefined while that is not known. */
  at(time: number): Direction | undefined
  /** Follows whoever steers, within its limits, until it is ended. Rejects as a move does. */
  follow(steering: Steering): Promise<Following>
}
