import { type AxisKind, isWavelength } from '../../../shared/traces/trace-axis.ts'
import { engineering, valueText } from './axis-scale.ts'
import { differenceUnit } from './combine.ts'
import { type Curve, valueAt } from './curve.ts'

const LIGHT_M_PER_S = 299_792_458

/** A place on the axis that somebody marked. */
export interface Marker {
  id: number
  /** As it is called: `M1`. */
  name: string
  /** In the axis' unit. */
  place: number
}

/** What a marker reads on a curve, and how it differs from the one that others are measured from. */
export interface MarkerReading {
  value: number | undefined
  /** In the axis' unit. */
  delta: number | undefined
  /** Hz. Of light it rises where the wavelength falls; of a time it is one over it. */
  deltaHz: number | undefined
  deltaValue: number | undefined
}

/** Reads a marker on a curve, and against a reference marker if there is one. */
export function readMarker(
  { id, place }: Marker,
  curve: Curve | undefined,
  reference: Marker | undefined,
): MarkerReading {
  const value = curve && valueAt(curve, place)
  if (!reference || reference.id === id) {
    return { value, delta: undefined, deltaHz: undefined, deltaValue: undefined }
  }
  const from = curve && valueAt(curve, reference.place)
  return {
    value,
    delta: place - reference.place,
    deltaHz: curve && frequencyBetween(curve.axis, reference.place, place),
    deltaValue: value === undefined || from === undefined ? undefined : value - from,
  }
}

/** What the column of frequencies is called; undefined along an axis that says nothing of one. */
export function frequencyTitle(kind: AxisKind): string | undefined {
  if (isWavelength(kind)) return 'Δ frequency'
  return kind.unit === 's' ? '1 / Δ time' : undefined
}

/** A marker's difference in value, in the unit that a difference has. */
export function deltaText(delta: number | undefined, unit: string, decimals = 3): string {
  return valueText(delta, differenceUnit(unit, unit) ?? unit, decimals)
}

/** `deltaHz` in words. */
export function frequencyText(hertz: number | undefined): string {
  return engineering(hertz, 'Hz')
}

function frequencyBetween(kind: AxisKind, from: number, to: number): number | undefined {
  if (isWavelength(kind)) return LIGHT_M_PER_S / to - LIGHT_M_PER_S / from
  return kind.unit === 's' && to !== from ? 1 / Math.abs(to - from) : undefined
}
