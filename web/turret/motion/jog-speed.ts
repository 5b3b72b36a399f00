import type { Direction } from '../../../shared/turret/turret.ts'

/** A stick that is let go of rests somewhere within this. */
export const DEAD_ZONE = 0.14
/** Small deflections are for aiming: half of the way is a fifth of the speed. */
const EXPONENT = 2.3
/** Holding Shift. */
export const FINE = 0.2

/** How fast to turn, as a share of the fastest, for a deflection from 0 to 1. */
export function shareOf(deflection: number): number {
  const beyond = (Math.min(1, Math.abs(deflection)) - DEAD_ZONE) / (1 - DEAD_ZONE)
  return beyond <= 0 ? 0 : beyond ** EXPONENT
}

/** The velocity for a stick's two axes, -1 to 1, down being positive as gamepads have it; `fastest` in degrees/s. */
export function stickVelocity(x: number, y: number, fastest: number): Direction {
  const deflection = Math.hypot(x, y)
  // The dead zone is round: one of each axis' own would make slanting ways bend.
  const speed = fastest * shareOf(deflection)
  return speed === 0
    ? { pan: 0, tilt: 0 }
    : { pan: (x / deflection) * speed, tilt: (-y / deflection) * speed }
}

/** The sum of what several hands ask for, each axis at most `fastest`. */
export function together(velocities: Iterable<Direction>, fastest: number): Direction {
  const sum = { pan: 0, tilt: 0 }
  for (const { pan, tilt } of velocities) {
    sum.pan += pan
    sum.tilt += tilt
  }
  const within = (speed: number): number => Math.max(-fastest, Math.min(fastest, speed))
  return { pan: within(sum.pan), tilt: within(sum.tilt) }
}
