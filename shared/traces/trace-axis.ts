import { z } from 'zod'
import { plain } from '../wire/secret.ts'

/** Text that says a unit: `m`, `s`, `Hz`, `V`, `°C`; empty for a plain number. */
export const unitText = plain(
  z
    .string()
    .trim()
    .max(16)
    .regex(/^[^\p{Cc}]*$/u, 'a unit is one line of text'),
)
export const quantityText = plain(
  z
    .string()
    .trim()
    .min(1)
    .max(40)
    .regex(/^[^\p{Cc}]*$/u, 'a quantity is one line of text'),
)

/** Along what a trace was taken. Sample i lies at start + i * step, both in `unit` without a prefix. */
export const traceAxis = z.object({
  quantity: quantityText.describe('wavelength, frequency, time, voltage, distance, or another word'),
  unit: unitText.describe('m, s, Hz, V or another; without a prefix'),
  start: z.number(),
  step: z.number().positive(),
})
export type TraceAxis = z.infer<typeof traceAxis>

/** What an axis measures, wherever it begins. */
export type AxisKind = Pick<TraceAxis, 'quantity' | 'unit'>

const USUAL: Readonly<Record<string, string>> = {
  m: 'wavelength',
  s: 'time',
  Hz: 'frequency',
  V: 'voltage',
  A: 'current',
}

/** What is usually measured in a unit. */
export function quantityOf(unit: string): string {
  return USUAL[unit] ?? 'axis'
}

/** Where the sample of this number lies, in the axis' unit. */
export function placeOf({ start, step }: Pick<TraceAxis, 'start' | 'step'>, index: number): number {
  return start + index * step
}

/** Which sample lies at this place; rarely a whole number. */
export function indexOf({ start, step }: Pick<TraceAxis, 'start' | 'step'>, place: number): number {
  return (place - start) / step
}

/** Whether places on both can be compared. */
export function sameKind(a: AxisKind, b: AxisKind): boolean {
  return a.unit === b.unit && a.quantity === b.quantity
}

/** Whether it is light's wavelength. */
export function isWavelength({ quantity, unit }: AxisKind): boolean {
  return quantity === 'wavelength' && unit === 'm'
}

/** Whether position / width is a resonance's quality: along a wavelength or a frequency. */
export function hasQuality(kind: AxisKind): boolean {
  return isWavelength(kind) || (kind.quantity === 'frequency' && kind.unit === 'Hz')
}

/** Whether 3 dB mean something in this unit of a trace's values. */
export function isLevel(unit: string): boolean {
  return unit === 'dB' || unit === 'dBm' || unit === 'mW' || unit === 'W'
}

/** The unit that levels are found in: powers are looked at in dB over their own unit. */
export function levelUnit(unit: string): string {
  if (unit === 'mW') return 'dBm'
  return unit === 'W' ? 'dBW' : unit
}
