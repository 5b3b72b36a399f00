import type { Ctp10Api } from './api.ts'

/** All four powers of a module, as exfo-ctp10-api sends them. */
interface Snapshot {
  /** s since the epoch, when they were read. */
  timestamp: number
  module: number
  wavelength_nm: number
  unit: 'dBm' | 'mW'
  ch1_power: number
  ch2_power: number
  ch3_power: number
  ch4_power: number
}

/**
 * The newest powers of a module in the unit its first detector is set to; undefined before the first. They come from
 * the one poll that serves everybody: asking does not reach the instrument. Throws 503, or 500 for an unknown module.
 */
export function snapshotOf(api: Ctp10Api, module: number): Snapshot | undefined {
  const { wavelengthNm, powerUnit } = api.detector(module, 1)
  const row = api.newestPowers(module)
  if (!row) return undefined
  const shown = ([value = NaN]: readonly number[]): number =>
    powerUnit === 'mW' ? 10 ** (value / 10) : value
  return {
    timestamp: row.time / 1000,
    module,
    wavelength_nm: wavelengthNm,
    unit: powerUnit,
    ch1_power: shown(row.values.slice(0)),
    ch2_power: shown(row.values.slice(1)),
    ch3_power: shown(row.values.slice(2)),
    ch4_power: shown(row.values.slice(3)),
  }
}
