/** How far beyond its travel an axis meets a switch, and then its end. */
const SWITCH_MM = 1
const END_MM = 3

interface Axis {
  travel: number
  backlash: number
  /** Where the motor has turned the axis to, from the home switch, mm; the true one, not what is counted. */
  motor: number
  /** Where the axis is: behind the motor by the play. */
  at: number
  /** Somebody holds the switch down. */
  held: boolean
  /** Its switches are not seen: a wire is broken. */
  blind: boolean
}

export interface MechanicsOptions {
  /** mm, an axis each. */
  travel: readonly number[]
  /** Where it stands when it is switched on: 0 is home, the other end is at minus the travel. */
  start: readonly number[]
  backlash: readonly number[]
}

/** Two axes as they are, whatever the controller counts: play, ends, and a switch on each end, both on one pin. */
export class Mechanics {
  readonly #axes: Axis[]

  constructor({ travel, start, backlash }: MechanicsOptions) {
    this.#axes = travel.map((mm, i) => ({
      travel: mm,
      backlash: backlash[i] ?? 0,
      motor: start[i] ?? -mm / 2,
      at: start[i] ?? -mm / 2,
      held: false,
      blind: false,
    }))
  }

  /** Where an axis truly is, mm. */
  at(axis: number): number {
    return this.#axes[axis]?.at ?? 0
  }

  /** The motor makes its steps; against the end of the axis they are lost. */
  turn(axis: number, mm: number): void {
    const it = this.#axes[axis]
    if (!it) return
    const end = END_MM + it.backlash / 2
    it.motor = Math.max(-it.travel - end, Math.min(end, it.motor + mm))
    it.at = Math.max(it.motor - it.backlash / 2, Math.min(it.motor + it.backlash / 2, it.at))
  }

  hold(axis: number, held: boolean): void {
    const it = this.#axes[axis]
    if (it) it.held = held
  }

  /** Breaks the wire of an axis' switches. */
  blind(axis: number): void {
    const it = this.#axes[axis]
    if (it) it.blind = true
  }

  /** Whether an axis stands on one of its switches. */
  pressed(axis: number): boolean {
    const it = this.#axes[axis]
    return it !== undefined && !it.blind && (it.held || it.at >= 0 || it.at <= -it.travel - SWITCH_MM)
  }
}
