import type { Direction } from '../../../shared/turret/turret.ts'
import { stickVelocity } from './jog-speed.ts'

/** What is read of a gamepad (W3C Gamepad, standard mapping). */
export interface PadState {
  axes: readonly number[]
  buttons: readonly { pressed: boolean }[]
}

/** Standard mapping: the right one of the four, and the cross. */
const HALT = 1
const UP = 12
const DOWN = 13
const LEFT = 14
const RIGHT = 15

/** What a gamepad asks for: the left stick by its deflection, the cross at a steady speed, the right button halts. */
export function padWish(
  { axes, buttons }: PadState,
  fastest: number,
  steady: number,
): { velocity: Direction; halt: boolean } {
  const pressed = (button: number): number => (buttons[button]?.pressed ? 1 : 0)
  const stick = stickVelocity(axes[0] ?? 0, axes[1] ?? 0, fastest)
  return {
    velocity: {
      pan: stick.pan + (pressed(RIGHT) - pressed(LEFT)) * steady,
      tilt: stick.tilt + (pressed(UP) - pressed(DOWN)) * steady,
    },
    halt: pressed(HALT) === 1,
  }
}
