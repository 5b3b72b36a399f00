import type { Controller } from './controller.ts'

/**
 * What a test makes go wrong, in words: `SILENT`, `DEAF`, `WELL`, `DROP`, `POWER`, `EEPROM`, `ERROR 20`, `LIMIT X`,
 * `RELEASE X`, `LOSE X 2.5`. They come as `$SIM=` lines, which no controller has, or on standard input.
 */
export class Faults {
  readonly #machine: Controller
  /** Says nothing. */
  silent = false
  /** Hears nothing, not even a reset. */
  deaf = false
  #error = 0
  #eeprom = false

  constructor(machine: Controller) {
    this.#machine = machine
  }

  /** Arms a fault, or lets it happen; false for what is none. */
  arm(words: string): boolean {
    const found = /^([A-Z]+)(?: ?([XY]|\d+))?(?: ?([-+]?[\d.]+))?$/.exec(words.trim().toUpperCase())
    if (!found) return false
    const axis = found[2] === 'Y' ? 1 : 0
    const machine = this.#machine
    switch (found[1]) {
      case 'SILENT':
        this.silent = true
        break
      case 'DEAF':
        this.deaf = true
        break
      case 'WELL':
        this.silent = this.deaf = false
        break
      case 'DROP':
        machine.client?.drop()
        break
      case 'POWER':
        machine.powerCycle()
        break
      case 'EEPROM':
        this.#eeprom = true
        break
      case 'ERROR':
        this.#error = Number(found[2])
        break
      case 'LIMIT':
      case 'RELEASE':
        machine.axes.mechanics.hold(axis, found[1] === 'LIMIT')
        machine.touched()
        break
      case 'LOSE':
        machine.axes.mechanics.turn(axis, Number(found[3] ?? 1))
        break
      default:
        return false
    }
    return true
  }

  /** The error that the next line is to be answered with, once. */
  takeError(): number {
    const error = this.#error
    this.#error = 0
    return error
  }

  /** Whether the end of the program fails, once. */
  takeEeprom(): boolean {
    const failed = this.#eeprom
    this.#eeprom = false
    return failed
  }
}
