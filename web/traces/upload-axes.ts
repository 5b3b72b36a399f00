/** An axis that a file may be along, and what people say where it begins and how far its samples are apart in. */
export interface UploadAxis {
  /** The axis' unit; empty for what the file says. */
  value: string
  text: string
  start: { unit: string; factor: number }
  step: { unit: string; factor: number }
}

const LIGHT = { start: { unit: 'nm', factor: 1e-9 }, step: { unit: 'pm', factor: 1e-12 } }

/** Begins with the one that is taken when nothing is said. */
export const UPLOAD_AXES: readonly [UploadAxis, ...UploadAxis[]] = [
  { value: '', text: 'As the file says, else wavelength', ...LIGHT },
  { value: 'm', text: 'Wavelength', ...LIGHT },
  {
    ...{ value: 'Hz', text: 'Frequency' },
    ...{ start: { unit: 'THz', factor: 1e12 }, step: { unit: 'GHz', factor: 1e9 } },
  },
  {
    ...{ value: 's', text: 'Time' },
    ...{ start: { unit: 'ms', factor: 1e-3 }, step: { unit: 'µs', factor: 1e-6 } },
  },
  {
    ...{ value: 'V', text: 'Voltage' },
    ...{ start: { unit: 'V', factor: 1 }, step: { unit: 'mV', factor: 1e-3 } },
  },
]

/** The axis of this value; the first for one that is none. */
export function uploadAxis(value: string): UploadAxis {
  return UPLOAD_AXES.find((axis) => axis.value === value) ?? UPLOAD_AXES[0]
}
