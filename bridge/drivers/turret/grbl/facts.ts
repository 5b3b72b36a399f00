import type { Config } from './config.ts'
import { mmOf } from './geometry.ts'
import type { GrblWire } from './wire.ts'

/** A line that switches light on, or moves. */
const LIGHT = /M0*[34](?!\d)/
const MOVES = /G0*(?:[0123]|28|30)(?![\d.])[^;(]*[XYZ]/

/** What the controller says of itself when it is met. */
export interface Facts {
  version: string
  /** The letters of `[OPT:]`; undefined where the firmware does not tell. */
  options: string | undefined
  rxBytes: number | undefined
  settings: ReadonlyMap<number, number>
  startup: readonly string[]
}

/** Asks for build, settings and startup lines. Rejects as `GrblWire.send` does. */
export async function learn(wire: GrblWire, version: string): Promise<Facts> {
  const build = await wire.send('$I')
  const settings = await wire.send('$$')
  const startup = await wire.send('$N')
  const tagged = (tag: string): string | undefined =>
    build.find((line) => line.startsWith(`[${tag}:`))?.slice(tag.length + 2, -1)
  const [options, , rxBytes] = tagged('OPT')?.split(',') ?? []
  return {
    version: tagged('VER')?.split(':')[0] ?? version,
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

/** What is wrong with the settings, each with what to do: `laser` keeps the laser from being ready, all are shown. */
export function problemsOf(facts: Facts, config: Config): { all: string[]; laser: string[] } {
  const setting = (number: number): number => facts.settings.get(number) ?? 0
  const laser: string[] = []
  const motion: string[] = []
  if (setting(32) !== 1) laser.push('laser mode is off, so light would not end with a hold: set $32=1')
  if (setting(30) <= setting(31)) laser.push('$30 is not above $31: every power would be full power')
  if (setting(31) !== 0)
    laser.push(`$31 is ${setting(31)}: a weak pulse would be stronger than asked; set $31=0`)
  if (facts.options !== undefined && !facts.options.includes('V'))
    laser.push('the firmware is built without a variable spindle: power cannot be set')
  for (const line of facts.startup) {
    if (LIGHT.test(line))
      laser.push(`the startup line ${line} switches light on at every reset: clear $N0 and $N1`)
    if (MOVES.test(line)) motion.push(`the startup line ${line} moves at every reset: clear $N0 and $N1`)
  }
  if (setting(22) !== 1)
    motion.push('homing is off, so directions count from where it was switched on: set $22=1')
  if (setting(20) !== 1) motion.push('soft limits are off: set $20=1')
  if (setting(21) !== 1) motion.push('limit switches are not obeyed: set $21=1')
  if (setting(13) === 1) motion.push('it reports in inches, which is coarse: set $13=0')
  for (const name of ['pan', 'tilt'] as const) {
    const axis = config[name]
    const travel = setting(130 + 'XYZ'.indexOf(axis.axis))
    const ends = [mmOf(axis, axis.min), mmOf(axis, axis.max)]
    if (setting(20) === 1 && (Math.max(...ends) > 0 || Math.min(...ends) < -travel))
      motion.push(
        `${name} is allowed ${Math.min(...ends)} to ${Math.max(...ends)} mm, the controller ${-travel} to 0: correct min, max and zeroMm, or $${130 + 'XYZ'.indexOf(axis.axis)}`,
      )
  }
  return { all: [...laser, ...motion], laser }
}
