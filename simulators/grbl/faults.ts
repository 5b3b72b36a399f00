import type { Controller } from './controller.ts'

/**
 * What a test makes go wrong, in words. They come as `$SIM=` lines, which no controller has, or on standard input:
 * - `SILENT`, `DEAF`, `WELL`, `DROP` (the connection), `POWER` (away for a moment), `EEPROM`, `ERROR 20`, `PAUSE 500` (ms);
 * - of the axes: `LIMIT X`, `RELEASE X`, `LOSE X 2.5`; `NOSWITCH X`: it is not seen any more;
 * - of the line: `LOSEOK 1`, `DOUBLEOK 1`, `GLUEOK 1` (so many of the next answers), `SWALLOW 1` (so many of the next
 *   lines), `LOSEBYTES 1` (so many of the next bytes of lines);
 * - of other channels and buttons: `HOLD`, `RESUME`, `CANCEL`, `DOOR`, `CLOSE`, and `LINE M3 S700`, a line that a pendant
 *   sends.
 */
export class Faults {
  readonly #machine: Controller
  /** Says nothing. */
  silent = false
  /** Hears nothing, not even a reset. */
  deaf = false
  #error = 0
  #eeprom = false
  #bytes = 0

  constructor(machine: Controller) {
    this.#machine = machine
  }

  /** Arms a fault, or lets it happen; false for what is none. */
  arm(words: string): boolean {
    const machine = this.#machine
    const line = /^LINE (.+)$/.exec(words.trim().toUpperCase())
    if (line) {
      machine.receiveOther(line[1]!)
      return true
    }
    const found = /^([A-Z]+)(?: ?([XY]|\d+))?(?: ?([-+]?[\d.]+))?$/.exec(words.trim().toUpperCase())
    if (!found) return false
    const axis = found[2] === 'Y' ? 1 : 0
    const count = Number(found[2] ?? 1)
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
      case 'NOSWITCH':
        machine.axes.mechanics.blind(axis)
        break
      case 'PAUSE':
        machine.pause(count)
        break
      case 'LOSEOK':
        machine.lineFaults.lose = count
        break
      case 'DOUBLEOK':
        machine.lineFaults.double = count
        break
      case 'GLUEOK':
        machine.lineFaults.glue = count
        break
      case 'SWALLOW':
        machine.lineFaults.swallow = count
        break
      case 'LOSEBYTES':
        this.#bytes = count
        break
      case 'HOLD':
      case 'RESUME':
      case 'CANCEL':
        machine.receiveOtherByte({ HOLD: 0x21, RESUME: 0x7e, CANCEL: 0x85 }[found[1]])
        break
      case 'DOOR':
      case 'CLOSE':
        machine.setDoor(found[1] === 'DOOR')
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

  /** Whether the next byte of a line is lost. */
  takeByte(): boolean {
    if (this.#bytes === 0) return false
    this.#bytes -= 1
    return true
  }

  /** Whether the end of the program fails, once. */
  takeEeprom(): boolean {
    const failed = this.#eeprom
    this.#eeprom = false
    return failed
  }
}
