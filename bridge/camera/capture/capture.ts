import type { CameraSettings, CameraState } from '../../../shared/camera.ts'
import type { Frame } from '../frame.ts'

/** Where frames come from: open, with its size known. */
export interface Capture {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly nominalFps: number
  readonly ranges: NonNullable<CameraState['ranges']>
  /** Exposure and gain as they are; absent where there is no such thing. */
  readonly settings: Pick<CameraSettings, 'exposureMs' | 'gainDb'>
  /** Takes settings that are within `ranges`; what the camera does not have is ignored. */
  set(settings: CameraSettings): void
  /**
   * Hands over frames until the signal aborts, or the source ends, or fails: then it rejects with the reason. A frame's
   * data is used again for a later frame, but not before two more have been handed over.
   */
  run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
