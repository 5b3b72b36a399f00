import type {
  CameraFeature,
  CameraFeatures,
  NumberRange,
  SettingName,
} from '../../../shared/camera/camera-features.ts'
import { region } from '../../../shared/camera/camera-features.ts'
import type { CameraSettings } from '../../../shared/camera/camera.ts'
import { BenchError } from '../../../shared/wire/errors.ts'

/** What people call the settings. */
const NAMES: Record<SettingName, string> = {
  exposureMs: 'exposure',
  exposureAuto: 'automatic exposure',
  gainDb: 'gain',
  gainAuto: 'automatic gain',
  whiteBalanceAuto: 'automatic white balance',
  whiteBalanceK: 'white balance',
  balanceRed: 'red balance',
  balanceBlue: 'blue balance',
  frameRate: 'frame rate',
  trigger: 'trigger',
  region: 'region',
  binning: 'binning',
  pixelFormat: 'pixel format',
}

/**
 * Throws `input.invalid` with the range and the step that a setting is out of, or `device.unsupported` when there is no
 * such thing. A number between two steps is none: the camera takes the next one, and answers it.
 */
export function checkSettings(device: string, wanted: CameraSettings, features: CameraFeatures): void {
  for (const [name, value] of Object.entries(wanted) as [keyof CameraSettings, unknown][]) {
    if (value === undefined || name === 'timeCode') continue
    const feature = features[name]
    if (!feature) {
      throw new BenchError('device.unsupported', `${device} has no ${NAMES[name]} to set`, { device })
    }
    const problem = problemWith(feature, value, `${NAMES[name]} of ${device}`)
    if (problem) throw new BenchError('input.invalid', problem, { device })
  }
}

function problemWith(feature: CameraFeature, value: unknown, what: string): string | undefined {
  if (feature.kind === 'switch') return undefined
  if (feature.kind === 'number') {
    return isWithin(feature, value as number)
      ? undefined
      : `${what} is ${rangeText(feature)}: ${String(value)} is not`
  }
  if (feature.kind === 'choice') {
    return feature.choices.includes(value as string)
      ? undefined
      : `${what} is one of ${feature.choices.join(', ')}: ${String(value)} is not`
  }
  const wanted = region.parse(value)
  for (const side of ['width', 'height', 'x', 'y'] as const) {
    const axis = feature[side]
    const off = (wanted[side] - axis.min) % (axis.step ?? 1)
    if (!isWithin(axis, wanted[side]) || off !== 0) {
      return `${side} of the ${what} is ${rangeText(axis)}: ${wanted[side]} is not`
    }
  }
  if (wanted.x + wanted.width > feature.width.max) {
    return `the ${what} must end within ${feature.width.max} px: x ${wanted.x} and width ${wanted.width} are more`
  }
  if (wanted.y + wanted.height > feature.height.max) {
    return `the ${what} must end within ${feature.height.max} px: y ${wanted.y} and height ${wanted.height} are more`
  }
  return undefined
}

function isWithin({ min, max }: NumberRange, value: number): boolean {
  return value >= min && value <= max
}

function rangeText({ min, max, step, unit }: NumberRange): string {
  const units = unit ? ` ${unit}` : ''
  return `${min} to ${max}${units}${step === undefined ? '' : ` in steps of ${step}${units}`}`
}
