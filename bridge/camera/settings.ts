import type { CameraSettings, CameraState } from '../../shared/camera.ts'
import { BenchError } from '../../shared/errors.ts'

const NAMES = { exposureMs: 'exposure', gainDb: 'gain' } as const
const UNITS = { exposureMs: 'ms', gainDb: 'dB' } as const

/** Throws `input.invalid` with the range that a setting is out of, or `device.unsupported` when there is no such thing. */
export function checkSettings(
  device: string,
  wanted: CameraSettings,
  ranges: NonNullable<CameraState['ranges']>,
): void {
  for (const key of ['exposureMs', 'gainDb'] as const) {
    const value = wanted[key]
    if (value === undefined) continue
    const range = ranges[key]
    if (!range)
      throw new BenchError('device.unsupported', `${device} has no ${NAMES[key]} to set`, { device })
    if (value >= range.min && value <= range.max) continue
    const message = `${NAMES[key]} of ${device} is ${range.min} to ${range.max} ${UNITS[key]}: ${value} is not`
    throw new BenchError('input.invalid', message, { device })
  }
}
