const PREFIXES = ['f', 'p', 'n', 'µ', 'm', '', 'k', 'M', 'G', 'T']
const LEAST_EXPONENT = -15
const MOST_EXPONENT = 12
/** Units that people say with a prefix. Others stay as they are: nobody reads 1.55 knm or 3 mdBm. */
const SCALED = new Set([
  'V',
  'A',
  'W',
  'Ω',
  'ohm',
  'Hz',
  's',
  'm',
  'F',
  'H',
  'J',
  'Pa',
  'T',
  'N',
  'C',
  'S',
  'g',
  'Vpp',
])
const MINUS = '\u2212'

/** The power of ten, a multiple of three, that a magnitude is said in; 0 for a unit without prefixes. */
export function exponentOf(unit: string, magnitude: number): number {
  if (!SCALED.has(unit) || !(magnitude > 0) || !Number.isFinite(magnitude)) return 0
  const exponent = Math.floor(Math.log10(magnitude) / 3) * 3
  return Math.min(MOST_EXPONENT, Math.max(LEAST_EXPONENT, exponent))
}

/** The same, but staying with the one before while the magnitude is still readable in it: an axis should not flutter. */
export function steadyExponent(unit: string, magnitude: number, before: number): number {
  const inBefore = magnitude / 10 ** before
  return SCALED.has(unit) && inBefore >= 0.5 && inBefore < 2000 ? before : exponentOf(unit, magnitude)
}

/** A unit with its prefix: `mV`. */
export function withPrefix(unit: string, exponent: number): string {
  return `${PREFIXES[(exponent - LEAST_EXPONENT) / 3] ?? ''}${unit}`
}

/** A number as it is read, with so many significant digits: 0.0123456 V is `12.346` `mV`. */
export function shown(value: number, unit: string, digits: number): { text: string; unit: string } {
  const rounded = Number(Math.abs(value).toPrecision(digits))
  const exponent = exponentOf(unit, rounded)
  const magnitude = rounded / 10 ** exponent
  const sign = value < 0 && rounded !== 0 ? MINUS : ''
  return { text: `${sign}${written(magnitude, unit, digits)}`, unit: withPrefix(unit, exponent) }
}

function written(magnitude: number, unit: string, digits: number): string {
  // A level is read by its decimals: they should not come and go about 0 dB.
  if (unit.startsWith('dB')) return magnitude.toFixed(Math.max(0, digits - 2))
  if (magnitude === 0) return (0).toFixed(Math.max(0, digits - 1))
  return magnitude.toPrecision(digits)
}
