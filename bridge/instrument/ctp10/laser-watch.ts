import type { Wire } from '../scpi/wire.ts'
import type { Emission } from './emission.ts'
import { readEmission } from './laser.ts'
import type { Look } from './poller.ts'
import { POLL_DEADLINE_MS } from './powers.ts'

/** Lasers that are dark are asked so many times less often: somebody may switch one on at the instrument itself. */
const SELDOM = 4

/** Asks the reference lasers whether they emit. */
export class LaserWatch implements Look {
  readonly #emission: Emission
  readonly #periodMs: number

  constructor(emission: Emission, lasersPerSecond: number) {
    this.#emission = emission
    this.#periodMs = 1000 / lasersPerSecond
  }

  everyMs(): number {
    return this.#emission.mayEmit ? this.#periodMs : this.#periodMs * SELDOM
  }

  async look(wire: Wire): Promise<void> {
    // While the register says that they are lit there is nothing to ask.
    if (this.#emission.litByRegister) return
    for (const laser of this.#emission.lasers)
      this.#emission.saw(laser, await readEmission(wire, laser, POLL_DEADLINE_MS))
  }
}
