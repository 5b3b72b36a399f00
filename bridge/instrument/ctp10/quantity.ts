import { BenchError } from '../../../shared/wire/errors.ts'

/** Instruments answer nine digits: more are rounding errors of the change of unit. */
export function rounded(value: number): number {
  return Number(value.toPrecision(9))
}

/** A wavelength as the instrument answers it, in metres, as people say it. */
export function nanometres(metres: number): number {
  return rounded(metres * 1e9)
}

/** Whether an answer is yes: numbers and words alike, as sources disagree on what the instrument answers. */
export function isOneOf(answer: string, ...words: string[]): boolean {
  return words.includes(answer.trim().toUpperCase())
}

/** A power in dBm, whatever the detector is set to show; NaN for no light at all, which dB cannot show. */
export function toDbm(value: number, unit: 'dBm' | 'mW'): number {
  if (unit === 'dBm') return value
  return value > 0 ? 10 * Math.log10(value) : NaN
}

/** A member of a record by its number. Throws `input.invalid`, naming those there are. */
export function numbered<T>(what: string, all: Record<string, T>, number: number, device: string): T {
  const found = all[String(number)]
  if (found !== undefined) return found
  const known = Object.keys(all).join(', ') || 'none'
  throw new BenchError('input.invalid', `${device} has no ${what} ${number}; there are ${known}`, { device })
}
