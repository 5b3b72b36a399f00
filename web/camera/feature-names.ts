import type { CameraFeature, CameraFeatures, SettingName } from '../../shared/camera/camera-features.ts'

/** What the page calls the settings, in the order in which it shows them. */
const EXPOSING = {
  exposureMs: 'Exposure',
  gainDb: 'Gain',
  whiteBalanceK: 'White balance',
  balanceRed: 'Red balance',
  balanceBlue: 'Blue balance',
  exposureAuto: 'Automatic exposure',
  gainAuto: 'Automatic gain',
  whiteBalanceAuto: 'Automatic white balance',
} as const satisfies Partial<Record<SettingName, string>>

const READING = {
  frameRate: 'Frame rate',
  trigger: 'Trigger',
  pixelFormat: 'Pixel format',
  binning: 'Binning',
} as const satisfies Partial<Record<SettingName, string>>

/** The switch that takes a value out of a person's hands while it is on. */
export const AUTOMATIC: Partial<Record<SettingName, 'exposureAuto' | 'gainAuto' | 'whiteBalanceAuto'>> = {
  exposureMs: 'exposureAuto',
  gainDb: 'gainAuto',
  whiteBalanceK: 'whiteBalanceAuto',
  balanceRed: 'whiteBalanceAuto',
  balanceBlue: 'whiteBalanceAuto',
}

export interface Turn {
  name: Exclude<SettingName, 'region'>
  label: string
  feature: Exclude<CameraFeature, { kind: 'region' }>
}

function turnsOf(names: Partial<Record<SettingName, string>>, features: CameraFeatures): Turn[] {
  return (Object.entries(names) as [SettingName, string][]).flatMap(([name, label]) => {
    const feature = features[name]
    return feature && feature.kind !== 'region' && name !== 'region' ? [{ name, label, feature }] : []
  })
}

/** What makes the picture brighter, darker, or of another colour. */
export function exposingTurns(features: CameraFeatures): Turn[] {
  return turnsOf(EXPOSING, features)
}

/** How the sensor is read. */
export function readingTurns(features: CameraFeatures): Turn[] {
  return turnsOf(READING, features)
}

/** The nearest value that the camera can take, for a hand on a slider. */
export function nearest(value: number, feature: { min: number; step?: number | undefined }): number {
  if (!feature.step) return value
  return Number(
    (feature.min + Math.round((value - feature.min) / feature.step) * feature.step).toPrecision(12),
  )
}
