import type { Controller } from './controller.ts'
import { MANNERS } from './firmware.ts'
import { BLOCKS } from './planner.ts'

/** Every how many reports the offset and the overrides are told, at rest and busy (REPORT_WCO_REFRESH of config.h and its like). */
const REFRESH = { offset: { rest: 10, busy: 30 }, overrides: { rest: 10, busy: 20 } }

/** The answers to `?` (Grbl v1.1 interface, real-time status reports): some of their fields come with every n-th only. */
export class StatusReports {
  readonly #machine: Controller
  readonly #leftOut: readonly string[]
  /** Reports until the next that tells. */
  #offset = 0
  #overrides = 0

  constructor(machine: Controller, leftOut: readonly string[]) {
    this.#machine = machine
    this.#leftOut = leftOut
  }

  /** The next tells everything: it is a new beginning. */
  begin(): void {
    this.#offset = this.#overrides = 0
  }

  /** Light went on or off: one of the next tells (sys.report_ovr_counter). */
  lightChanged(): void {
    this.#overrides = 0
  }

  next(): string {
    const { planner, settings, output, state, modes, firmware } = this.#machine
    const inches = settings.isSet(13) ? 25.4 : 1
    const place = planner.position.map((mm) => (mm / inches).toFixed(inches === 1 ? 3 : 4)).join(',')
    const fields = [`${settings.get(10) & 1 ? 'MPos' : 'WPos'}:${place}`]
    if (settings.get(10) & 2) fields.push(`Bf:${planner.free},${this.#machine.intake.rx.free}`)
    fields.push(`FS:${Math.round((planner.speed * 60) / inches)},${Math.round(output.effective)}`)
    const pins = this.#machine.axes.pins.map((pressed, axis) => (pressed ? 'XY'[axis] : '')).join('')
    const door = this.#machine.door ? 'D' : ''
    if (pins + door !== '') fields.push(`Pn:${pins}${door}`)
    const pace = state === 'Idle' || state === 'Alarm' ? 'rest' : 'busy'
    if (this.#offset-- <= 0) {
      this.#offset = REFRESH.offset[pace] - 1
      fields.push('WCO:0.000,0.000,0.000')
    } else if (this.#overrides-- <= 0) {
      this.#overrides = REFRESH.overrides[pace] - 1
      const { overrides } = output
      fields.push(`Ov:${overrides.feed},${overrides.rapid},${overrides.spindle}`)
      const isHal = firmware === 'grblHAL'
      // grblHAL has it on at S0 too, and tells that nothing is on; Grbl tells nothing then.
      const isOn = isHal ? modes.spindle !== 'M5' : output.speed > 0
      const lit = isOn ? (modes.spindle === 'M4' ? 'C' : 'S') : ''
      if (lit !== '' || isHal) fields.push(`A:${lit}`)
      if (MANNERS[firmware].saysHomed) fields.push(`H:${this.#machine.homed ? 1 : 0}`)
    }
    const told = fields.filter((field) => !this.#leftOut.includes(field.slice(0, field.indexOf(':'))))
    return `<${[this.#state(), ...told].join('|')}>`
  }

  #state(): string {
    const { state, planner, door } = this.#machine
    const braking = planner.speed > 0
    if (state === 'Hold') return `Hold:${braking ? 1 : 0}`
    if (state === 'Door') return `Door:${braking ? 2 : door ? 1 : 0}`
    // Cancelling a jog is shown as the jog that it still is.
    return state
  }
}

/** The answer to `$G`. */
export function modesReport({ modes }: Controller): string {
  const { motion, units, distance, spindle, feed, s } = modes
  return `[GC:${motion} G54 G17 ${units} ${distance} G94 ${spindle} M9 T0 F${feed} S${s}]`
}

/** The answer to `$I`. */
export function buildReport({ firmware, settings }: Controller): string[] {
  const { build, rxBytes } = MANNERS[firmware]
  return build(settings.hasBit(22, 3) ? 'Z' : '', BLOCKS, rxBytes)
}
