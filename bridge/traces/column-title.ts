import { type AxisKind, quantityOf } from '../../shared/traces/trace-axis.ts'

/** The axis that a title names, and what a number under it is multiplied by to be in the axis' unit. */
interface TitledAxis extends AxisKind {
  factor: number
}

const BASES: Readonly<Record<string, string>> = { m: 'm', s: 's', hz: 'Hz', v: 'V', a: 'A' }
const SMALL: Readonly<Record<string, number>> = {
  ...{ '': 1, m: 1e-3, u: 1e-6, µ: 1e-6, μ: 1e-6, n: 1e-9, p: 1e-12, f: 1e-15 },
}
const LARGE: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 }
const LEVELS: Readonly<Record<string, string>> = { db: 'dB', dbm: 'dBm', mw: 'mW' }

/** The axis of a column called `time (ms)`, `wavelength_nm`, `Frequency [THz]`; undefined for one without a known unit. */
export function axisIn(title: string): TitledAxis | undefined {
  const text = /([a-zµμ]+)\W*$/i.exec(title)?.[1] ?? ''
  const [, prefix = '', base = ''] = /^(.?)(m|s|hz|v|a)$/i.exec(text) ?? []
  const unit = BASES[base.toLowerCase()]
  if (unit === undefined) return undefined
  const factor = factorOf(prefix, unit)
  if (factor === undefined) return undefined
  return { unit, quantity: quantityIn(title, text) ?? quantityOf(unit), factor }
}

/** The unit of the values in a column called `power_dBm`, `loss (dB)`, `channel 1 (V)`. */
export function unitIn(title: string): string | undefined {
  const level = LEVELS[/(dBm|dB|mW)\W*$/i.exec(title)?.[1]?.toLowerCase() ?? '']
  return level ?? (/[([]([^()[\]]{1,16})[)\]]\s*$/.exec(title)?.[1]?.trim() || undefined)
}

/** Programs are careless with small and capital letters where it can only mean one. */
function factorOf(prefix: string, unit: string): number | undefined {
  if (unit === 'Hz') return prefix === '' ? 1 : (LARGE[prefix.toUpperCase()] ?? LARGE[prefix.toLowerCase()])
  if (unit === 'm' || unit === 's') return SMALL[prefix.toLowerCase()]
  return SMALL[prefix] ?? LARGE[prefix]
}

const KNOWN = ['wavelength', 'time', 'frequency', 'voltage', 'current', 'distance', 'position', 'delay']

/** The words before the unit, where they are a quantity of their own, such as a distance. */
function quantityIn(title: string, unit: string): string | undefined {
  const words = title.slice(0, title.lastIndexOf(unit)).replace(/[^\p{L}]+/gu, ' ')
  return KNOWN.find((word) => word === words.trim().toLowerCase())
}
