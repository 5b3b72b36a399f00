import { matches, parseQuantity } from '../../bridge/instrument/scpi/message.ts'
import type { Quantity } from '../../bridge/instrument/scpi/message.ts'
import { ScpiError } from './errors.ts'

/** As the instrument writes numbers: `1.55000000E-006` (EXFO CTP10 programming guide). */
export function formatNumber(value: number): string {
  const [mantissa = '0', exponent = '+0'] = value.toExponential(8).split('e')
  return `${mantissa}E${exponent.charAt(0)}${exponent.slice(1).padStart(3, '0')}`
}

/** Wavelengths inside are nm; the wire has metres. */
export function formatWavelength(nanometres: number): string {
  return formatNumber(nanometres / 1e9)
}

/** Exactly `count` parameters, or -109 or -108. */
export function take(parameters: string[], count: number): string[] {
  if (parameters.length < count || parameters.includes('')) throw new ScpiError(-109)
  if (parameters.length > count) throw new ScpiError(-108)
  return parameters
}

/** The one parameter of a command. */
export function single(parameters: string[]): string {
  return take(parameters, 1)[0] ?? ''
}

function quantity(text: string, allowed: Quantity['unit'][]): Quantity {
  const found = parseQuantity(text)
  if (!found) throw new ScpiError(/^[+-]?[.\d]/.test(text) ? -131 : -104, text)
  if (found.unit !== '' && !allowed.includes(found.unit)) throw new ScpiError(-131, text)
  return found
}

function within(value: number, low: number, high: number, text: string): number {
  if (!(value >= low && value <= high)) throw new ScpiError(-222, text)
  return value
}

/** PM, NM, M, HZ, GHZ or THZ, metres without a suffix; answers nm between the limits, in nm. */
export function wavelength(text: string, low: number, high: number): number {
  const { value, unit } = quantity(text, ['m', 'Hz'])
  const metres = unit === 'Hz' ? 299_792_458 / value : value
  // Rounded to 1e-6 nm, so that 1550NM is 1550 and not a neighbour of it.
  return within(Math.round(metres * 1e15) / 1e6, low, high, text)
}

/** A sampling in pm: whole from 1 to 250, or 0.5 0.2 0.1 0.05 0.02 (EXFO CTP10 programming guide). */
export function sampling(text: string): number {
  const pm = within(Math.round(quantity(text, ['m']).value * 1e15) / 1e3, 0.02, 250, text)
  if (!Number.isInteger(pm) && ![0.5, 0.2, 0.1, 0.05, 0.02].includes(pm)) throw new ScpiError(-224, text)
  return pm
}

/** DBM or MW, dBm without a suffix; answers dBm between the limits, in dBm. */
export function power(text: string, low: number, high: number): number {
  const { value, unit } = quantity(text, ['dBm', 'W'])
  const dbm = unit === 'W' ? Math.round(10 * Math.log10(value * 1000) * 1e9) / 1e9 : value
  return within(dbm, low, high, text)
}

export function whole(text: string, low: number, high: number): number {
  const { value } = quantity(text, [])
  if (!Number.isInteger(value)) throw new ScpiError(-224, text)
  return within(value, low, high, text)
}

export function decimal(text: string, low: number, high: number, unit: Quantity['unit'] = ''): number {
  return within(quantity(text, [unit]).value, low, high, text)
}

export function onOff(text: string): boolean {
  return choice(text, ['OFF', 'ON']) === 1
}

/** The place of a word, or of its number, among the choices; -224 where it is none of them. */
export function choice(text: string, choices: string[]): number {
  const index = choices.findIndex((word, place) => matches(word, text) || text === String(place))
  if (index < 0) throw new ScpiError(-224, text)
  return index
}
