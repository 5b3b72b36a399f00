/** A change of the light, by the clock that all processes of a machine share. */
export interface LightChange {
  on: boolean
  /** 0 to 1. */
  power: number
  /** process.hrtime, ns. */
  ns: bigint
}

/** The laser's input: what light there is, and when there was. */
export class Laser {
  readonly #changed: (change: LightChange) => void
  #power = 0

  constructor(changed: (change: LightChange) => void) {
    this.#changed = changed
  }

  get power(): number {
    return this.#power
  }

  /** Power from 0 to 1. Told are on, off and steps of a tenth: dynamic power changes with every step of the motor. */
  set(power: number): void {
    const was = this.#power
    if (power === was) return
    const told = was > 0 !== power > 0 || Math.abs(power - was) >= 0.1
    if (!told) return
    this.#power = power
    this.#changed({ on: power > 0, power, ns: process.hrtime.bigint() })
  }
}
