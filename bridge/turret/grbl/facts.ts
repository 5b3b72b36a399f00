import type { Config } from './config.ts'
import { laserConfigOf } from './config.ts'
import { type Firmware, firmwareOf } from './firmware.ts'
import { mmOf } from './geometry.ts'
import type { GrblWire } from './wire.ts'

/** A line that switches light on, or moves. */
const LIGHT = /M0*[34](?!\d)/
const MOVES = /G0*(?:[0123]|28|30)(?![\d.])[^;(]*[XYZ]/
/** Bits of $22 (grblHAL): bit 0, which is the whole of it in Grbl, and bit 3, for which Grbl has the letter Z of `[OPT:]`. */
const HOMING_ON = 1
const ORIGIN_AT_SWITCHES = 8
/** How often a question is asked whose answer came without what was asked for: an ok was doubled before it. */
const TRIES = 2

/** What the controller says of itself when it is met. */
export interface Facts {
  version: string
  firmware: Firmware
  /** The letters of `[OPT:]`; undefined where the firmware does not tell. */
  options: string | undefined
  rxBytes: number | undefined
  settings: ReadonlyMap<number, number>
  startup: readonly string[]
}

/** Asks for build, settings and startup lines. Rejects as `GrblWire.send` does. */
export async function learn(wire: GrblWire, version: string): Promise<Facts> {
  const build = await answered(wire, '$I', '[VER:')
  const settings = await answered(wire, '$$', '$')
  const startup = await wire.send('$N')
  const tagged = (tag: string): string | undefined =>
    build.find((line) => line.startsWith(`[${tag}:`))?.slice(tag.length + 2, -1)
  const [options, , rxBytes] = tagged('OPT')?.split(',') ?? []
  return {
    version: tagged('VER')?.split(':')[0] ?? version,
    firmware: firmwareOf(build),
    options,
    rxBytes: Number(rxBytes) > 0 ? Number(rxBytes) : undefined,
    settings: new Map(
      settings.flatMap((line) => {
        const found = /^\$(\d+)=([-+.\d]+)/.exec(line)
        return found ? [[Number(found[1]), Number(found[2])] as const] : []
      }),
    ),
    startup: startup.flatMap((line) => /^\$N\d=(.+)$/.exec(line)?.[1] ?? []),
  }
}

/** The lines of an answer that holds one that begins with `wanted`; asked again when it does not. */
async function answered(wire: GrblWire, question: string, wanted: string): Promise<string[]> {
  for (let left = TRIES; ; left--) {
    const lines = await wire.send(question)
    if (left === 1 || lines.some((line) => line.startsWith(wanted))) return lines
  }
}

/** Whether the controller homes; its other bits say how (grblHAL). */
export function homesBy(facts: Facts): boolean {
  return ((facts.settings.get(22) ?? 0) & HOMING_ON) !== 0
}

/** Where an axis may be, mm in machine coordinates: from minus the travel to 0, unless the origin is at the switches. */
function travelOf(facts: Facts, axis: number): { from: number; to: number } {
  const travel = facts.settings.get(130 + axis) ?? 0
  const atSwitches =
    ((facts.settings.get(22) ?? 0) & ORIGIN_AT_SWITCHES) !== 0 || (facts.options ?? '').includes('Z')
  // Bit n of $23 homes axis n to its negative end.
  const upwards = atSwitches && ((facts.settings.get(23) ?? 0) & (1 << axis)) !== 0
  return upwards ? { from: 0, to: travel } : { from: -travel, to: 0 }
}

/** What is wrong with the settings, each with what to do: `laser` keeps the laser from being ready, all are shown. */
export function problemsOf(facts: Facts, config: Config): { all: string[]; laser: string[] } {
  const setting = (number: number): number => facts.settings.get(number) ?? 0
  const { firmware } = facts
  const laser: string[] = []
  const motion: string[] = []
  const { longestPulseMs, dwellStepMs } = laserConfigOf(config, firmware)
  if (setting(32) !== 1) laser.push('laser mode is off, so light would not end with a hold: set $32=1')
  if (setting(30) <= setting(31)) laser.push('$30 is not above $31: every power would be full power')
  if (setting(31) !== 0)
    laser.push(`$31 is ${setting(31)}: a weak pulse would be stronger than asked; set $31=0`)
  // FluidNC has no letter for it: its power is set in its configuration file.
  if (firmware !== 'FluidNC' && facts.options !== undefined && !facts.options.includes('V'))
    laser.push('the firmware is built without a variable spindle: power cannot be set')
  if (longestPulseMs < dwellStepMs)
    laser.push(
      `laser.longestPulseMs ${longestPulseMs} is shorter than the ${dwellStepMs} ms in which ${firmware} times a pulse: set laser.dwellStepMs to what it was built with`,
    )
  for (const line of facts.startup) {
    if (LIGHT.test(line))
      laser.push(`the startup line ${line} switches light on at every reset: clear $N0 and $N1`)
    if (MOVES.test(line)) motion.push(`the startup line ${line} moves at every reset: clear $N0 and $N1`)
  }
  if (!homesBy(facts))
    motion.push('homing is off, so directions count from where it was switched on: set $22=1')
  if ((setting(20) & 1) === 0) motion.push('soft limits are off: set $20=1')
  if ((setting(21) & 1) === 0) motion.push('limit switches are not obeyed: set $21=1')
  if (setting(13) === 1) motion.push('it reports in inches, which is coarse: set $13=0')
  for (const name of ['pan', 'tilt'] as const) {
    const axis = config[name]
    const index = 'XYZ'.indexOf(axis.axis)
    const { from, to } = travelOf(facts, index)
    const ends = [mmOf(axis, axis.min), mmOf(axis, axis.max)]
    const [least, most] = [Math.min(...ends), Math.max(...ends)]
    if (firmware !== 'FluidNC' && (setting(20) & 1) !== 0 && (most > to || least < from))
      motion.push(
        `${name} is allowed ${least} to ${most} mm, the controller ${from} to ${to}: correct min, max and zeroMm, or $${130 + index}`,
      )
  }
  return { all: [...laser, ...motion], laser }
}
