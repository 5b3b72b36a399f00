import type { CameraSettings } from '../../../shared/camera/camera.ts'

/** Pictures further apart than this are no live view. */
const LIVE_MS = 2000

/** Why there is no live view but only the last frame, or undefined. `ageMs` is how long ago that frame was made. */
export function lastFrameReason({ exposureMs, trigger }: CameraSettings, ageMs: number): string | undefined {
  if (trigger !== undefined && trigger !== 'off') {
    if (ageMs <= LIVE_MS) return undefined
    return trigger === 'software' ? 'it waits for a software trigger' : `it waits for a trigger on ${trigger}`
  }
  if (exposureMs === undefined || exposureMs <= LIVE_MS) return undefined
  return `the exposure is ${Math.round(exposureMs / 100) / 10} s`
}
