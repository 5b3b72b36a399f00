import type { DetectorState, DetectorWanted, PowerUnit } from '../../../shared/instrument/ctp10.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import type { MergePatch } from '../../../shared/wire/merge-patch.ts'
import type { Wire } from '../scpi/wire.ts'
import { isOneOf, nanometres } from './quantity.ts'
import { parseReference } from './reference.ts'

/** Inputs of a detector module, in channel order (CTP10 user guide). */
export const CHANNELS = ['IN1', 'IN2', 'TLS IN', 'OUT TO DUT']

const node = (module: number, channel: number): string => `:CTP:SENS${module}:CHAN${channel}`

/** A detector's state as a patch of the instrument's topic: a reference that is no more goes. */
export function detectorPatch(
  module: number,
  channel: number,
  detector: DetectorState,
): MergePatch<InstrumentState> {
  const detectors = { [String(channel)]: { ...detector, reference: detector.reference ?? null } }
  return { ctp10: { modules: { [String(module)]: { detectors } } } }
}

/** The unit in which a detector answers its power. */
export async function readPowerUnit(wire: Wire, module: number, channel: number): Promise<PowerUnit> {
  return isOneOf(await wire.query(`${node(module, channel)}:UNIT:Y?`), '1', 'MW') ? 'mW' : 'dBm'
}

/** What a detector is set to, and its reference (CTP10 user guide, :CTP:SENSe and :REFerence). */
export async function readDetector(wire: Wire, module: number, channel: number): Promise<DetectorState> {
  const at = node(module, channel)
  const powerUnit = await readPowerUnit(wire, module, channel)
  const hertz = isOneOf(await wire.query(`${at}:UNIT:X?`), '1', 'FREQ', 'THZ')
  const wavelengthNm = nanometres(await wire.number(`${at}:WAV?`))
  const trigger = await wire.number(`${at}:FUNC:TRIG?`)
  const reference = parseReference(await wire.query(`:REF:SENS${module}:CHAN${channel}:RES?`))
  return {
    name: CHANNELS[channel - 1] ?? `channel ${channel}`,
    powerUnit,
    spectralUnit: hertz ? 'THz' : 'nm',
    wavelengthNm,
    trigger,
    ...(reference && { reference }),
  }
}

/** Sets what is wanted, one checked command each. Throws `scpi.error` with the instrument's own words. */
export async function setDetector(
  wire: Wire,
  module: number,
  { channel, powerUnit, spectralUnit, wavelengthNm, trigger }: DetectorWanted,
): Promise<void> {
  const at = node(module, channel)
  if (powerUnit) await wire.command(`${at}:UNIT:Y ${powerUnit.toUpperCase()}`)
  if (spectralUnit) await wire.command(`${at}:UNIT:X ${spectralUnit === 'nm' ? 'WAV' : 'FREQ'}`)
  if (wavelengthNm !== undefined) await wire.command(`${at}:WAV ${wavelengthNm}NM`)
  if (trigger !== undefined) await wire.command(`${at}:FUNC:TRIG ${trigger}`)
}
