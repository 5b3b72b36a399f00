import type { LaserState } from '../../../shared/instrument/ctp10.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Wire } from '../scpi/wire.ts'
import { isOneOf, nanometres } from './quantity.ts'

const LASERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
/** Switching a laser takes its time, and the instrument answers nothing meanwhile. */
export const SWITCH_MS = 15_000
/** nm/s at which a model sweeps (CTP10 user guide, :INITiate:TLS:SPEed), by how its name begins. */
const SPEEDS: [string, number[]][] = [
  ['T100S', [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20, 22, 25, 29, 33, 40, 50, 67, 100]],
  ['T200S', [10, 20, 50, 100, 200]],
  ['T500S', [10, 20, 50, 100, 200]],
]

const node = (laser: number): string => `:CTP:RLAS${laser}`

/** The message that switches a laser off. */
export function offCommand(laser: number): string {
  return `${node(laser)}:POW:STAT OFF`
}

/**
 * Switches every reference laser off, which also tells which there are: one that is not connected refuses, whereas a
 * question about it might never be answered. Gives those there are, each known to be off. Throws `scpi.error` when one
 * says that it is still on.
 */
export async function darkenAll(
  wire: Wire,
  device: string,
  only: readonly number[] = LASERS,
): Promise<Record<string, LaserState>> {
  const lasers: Record<string, LaserState> = {}
  for (const laser of only) {
    wire.write(offCommand(laser))
    const refused = await wire.drainErrors({ deadlineMs: SWITCH_MS })
    if (refused.length > 0) continue
    const state = await readLaser(wire, laser)
    if (!state) continue
    if (state.on) throw stillOn(device, [laser])
    lasers[String(laser)] = state
  }
  return lasers
}

/** Who a laser is and how it is set (CTP10 user guide, :CTP:RLASer); undefined when it does not say who it is. */
export async function readLaser(wire: Wire, laser: number): Promise<LaserState | undefined> {
  const identity = (await wire.query(`${node(laser)}:IDN?`)).split(',').map((part) => part.trim())
  const [maker = '', model, serial = '', firmware = ''] = identity
  if (!model) return undefined
  return {
    ...{ maker, model, serial, firmware },
    on: await readEmission(wire, laser),
    powerDbm: await wire.number(`${node(laser)}:POW?`),
    wavelengthNm: nanometres(await wire.number(`${node(laser)}:WAV?`)),
    speeds: SPEEDS.find(([name]) => model.toUpperCase().startsWith(name))?.[1] ?? [],
  }
}

/** The question whether a laser emits. */
export function emissionQuery(laser: number): string {
  return `${node(laser)}:POW:STAT?`
}

/** Whether a laser says that it emits. What is neither yes nor no counts as yes. */
export async function readEmission(wire: Wire, laser: number, deadlineMs = SWITCH_MS): Promise<boolean> {
  return !isOneOf(await wire.query(emissionQuery(laser), { deadlineMs }), '0', 'OFF')
}

/** Sets power and wavelength, one checked command each. Throws `scpi.error`. */
export async function setLaser(
  wire: Wire,
  laser: number,
  { powerDbm, wavelengthNm }: { powerDbm?: number | undefined; wavelengthNm?: number | undefined },
): Promise<void> {
  if (powerDbm !== undefined) await wire.command(`${node(laser)}:POW ${powerDbm}DBM`)
  if (wavelengthNm !== undefined) await wire.command(`${node(laser)}:WAV ${wavelengthNm}NM`)
}

/** Switches a laser on. Throws `scpi.error`. */
export function switchOn(wire: Wire, laser: number): Promise<void> {
  return wire.command(`${node(laser)}:POW:STAT ON`, { deadlineMs: SWITCH_MS })
}

/** Lasers that were told to be dark, and are not. */
export function stillOn(device: string, lasers: readonly number[]): BenchError {
  const message = `${device} was told to end its light, and reference laser ${lasers.join(', ')} still emits: switch it off at the instrument`
  return new BenchError('scpi.error', message, { device })
}
