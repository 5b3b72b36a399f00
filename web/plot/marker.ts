import { type Curve, valueAt } from './curve.ts'

const LIGHT_NM_PER_S = 299_792_458e9

/** A place on the wavelength axis that somebody marked. */
export interface Marker {
  id: number
  /** As it is called: `M1`. */
  name: string
  nm: number
}

/** What a marker reads on a curve, and how it differs from the one that others are measured from. */
export interface MarkerReading {
  value: number | undefined
  deltaNm: number | undefined
  /** Of light, in GHz: rises where the wavelength falls. */
  deltaGhz: number | undefined
  deltaValue: number | undefined
}

/** Reads a marker on a curve, and against a reference marker if there is one. */
export function readMarker(
  { id, nm }: Marker,
  curve: Curve | undefined,
  reference: Marker | undefined,
): MarkerReading {
  const value = curve && valueAt(curve, nm)
  if (!reference || reference.id === id) {
    return { value, deltaNm: undefined, deltaGhz: undefined, deltaValue: undefined }
  }
  const from = curve && valueAt(curve, reference.nm)
  return {
    value,
    deltaNm: nm - reference.nm,
    deltaGhz: (LIGHT_NM_PER_S / nm - LIGHT_NM_PER_S / reference.nm) / 1e9,
    deltaValue: value === undefined || from === undefined ? undefined : value - from,
  }
}
