import { type AxisKind, isLevel, isWavelength, type TraceAxis } from '../../../shared/traces/trace-axis.ts'
import { quantity } from '../../ui/format.ts'
import { exponentOf, shown, withPrefix } from '../../ui/si.ts'

/** What people say places along an axis in: `unit` has its prefix, a place times `factor` is in it. */
export interface AxisScale {
  unit: string
  factor: number
  /** As many as tell two samples apart. */
  decimals: number
  /** `Wavelength (nm)` */
  title: string
}

const MOST_DECIMALS = 9
const WAVELENGTH_DECIMALS = 4

/** The scale of an axis: nm of a wavelength, else the prefix that its far end is said with: THz, µs, ms. */
export function scaleOf(axes: readonly { axis: TraceAxis; points: number }[]): AxisScale {
  const first = axes[0]?.axis
  if (!first) return { unit: '', factor: 1, decimals: 0, title: '' }
  const scale = (unit: string, factor: number, decimals: number): AxisScale => {
    const name = first.quantity.charAt(0).toUpperCase() + first.quantity.slice(1)
    return { unit, factor, decimals, title: unit === '' ? name : `${name} (${unit})` }
  }
  if (isWavelength(first)) return scale('nm', 1e9, WAVELENGTH_DECIMALS)
  const ends = axes.map(({ axis: { start, step }, points }) =>
    Math.max(Math.abs(start), Math.abs(start + step * (points - 1))),
  )
  const exponent = exponentOf(first.unit, Math.max(...ends))
  const factor = 10 ** -exponent
  const finest = Math.min(...axes.map(({ axis }) => axis.step)) * factor
  const decimals = Math.min(MOST_DECIMALS, Math.max(0, Math.ceil(-Math.log10(finest)) + 1))
  return scale(withPrefix(first.unit, exponent), factor, decimals)
}

/** The scale for what is some samples wide: pm of a wavelength. */
export function fineScale(axis: TraceAxis): Pick<AxisScale, 'unit' | 'factor'> {
  if (isWavelength(axis)) return { unit: 'pm', factor: 1e12 }
  const exponent = exponentOf(axis.unit, axis.step * 10)
  return { unit: withPrefix(axis.unit, exponent), factor: 10 ** -exponent }
}

/** A place as it is read: `1550.1234 nm`. */
export function placeText({ unit, factor, decimals }: AxisScale, place: number | undefined): string {
  return quantity(place === undefined ? undefined : place * factor, decimals, unit)
}

/** What is in view, in words: `1500.000 – 1600.000 nm`. */
export function rangeText(scale: AxisScale, from: number, to: number): string {
  const decimals = Math.max(0, scale.decimals - 1)
  const [begin = '', end = ''] = [from, to].map((place) =>
    quantity(place * scale.factor, decimals, '').trim(),
  )
  return `${begin} – ${end} ${scale.unit}`.trim()
}

/** How far apart, or how wide, by itself: `12.34 pm`, `1.2340 µs`. */
export function widthText(kind: AxisKind, width: number | undefined): string {
  if (isWavelength(kind)) return quantity(width === undefined ? undefined : width * 1e12, 2, 'pm')
  return engineering(width, kind.unit)
}

/** A number with the prefix of its own size; a dash for none. */
export function engineering(value: number | undefined, unit: string, digits = 5): string {
  if (value === undefined || !Number.isFinite(value)) return quantity(undefined, 0, unit)
  const { text, unit: said } = shown(value, unit, digits)
  return `${text} ${said}`.trimEnd()
}

/** A sample's value as it is read: a level by its decimals, all else by its digits. */
export function valueText(value: number | undefined, unit: string, decimals = 3): string {
  return isLevel(unit) && unit !== 'W'
    ? quantity(value, decimals, unit)
    : engineering(value, unit, decimals + 1)
}
