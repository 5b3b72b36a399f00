import type { AxisKind } from '../../shared/traces/trace-axis.ts'

/** What the column of an axis is called where names are plain: `wavelength_m`, `time_s`, `frequency_hz`. */
export function axisColumn({ quantity, unit }: AxisKind): string {
  const name = `${quantity}_${unit}`.toLowerCase().replace(/[^a-z0-9]+/g, '_')
  return name.replace(/^_+|_+$/g, '') || 'axis'
}
