import type { Controller } from './controller.ts'
import { BLOCKS } from './planner.ts'
import { RX_BYTES } from './rx-buffer.ts'

/** The answer to `?` (Grbl v1.1 interface, real-time status reports). */
export function statusReport(machine: Controller): string {
  const { planner, settings, output, state, modes } = machine
  const inches = settings.isSet(13) ? 25.4 : 1
  const place = planner.position.map((mm) => (mm / inches).toFixed(inches === 1 ? 3 : 4)).join(',')
  const sub = state === 'Hold' || state === 'Door' ? (planner.speed > 0 ? ':1' : ':0') : ''
  // Cancelling a jog is shown as the jog that it still is.
  const fields = [`${state}${sub}`, `${settings.get(10) & 1 ? 'MPos' : 'WPos'}:${place}`]
  if (settings.get(10) & 2) fields.push(`Bf:${planner.free},${machine.rx.free}`)
  fields.push(`FS:${Math.round((planner.speed * 60) / inches)},${Math.round(output.effective)}`)
  const pins = machine.axes.pins.map((pressed, axis) => (pressed ? 'XY'[axis] : '')).join('')
  if (pins !== '') fields.push(`Pn:${pins}`)
  fields.push('WCO:0.000,0.000,0.000')
  const { overrides } = output
  fields.push(`Ov:${overrides.feed},${overrides.rapid},${overrides.spindle}`)
  if (output.speed > 0) fields.push(`A:${modes.spindle === 'M4' ? 'C' : 'S'}`)
  return `<${fields.join('|')}>`
}

/** The answer to `$G`. */
export function modesReport({ modes }: Controller): string {
  const { motion, units, distance, spindle, feed, s } = modes
  return `[GC:${motion} G54 G17 ${units} ${distance} G94 ${spindle} M9 T0 F${feed} S${s}]`
}

/** The answer to `$I`. */
export function buildReport(): string[] {
  return ['[VER:1.1h.20190830:]', `[OPT:V,${BLOCKS},${RX_BYTES}]`]
}
