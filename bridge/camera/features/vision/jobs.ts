import type { Detectors } from '../../../../shared/camera/vision.ts'
import type { DetectorModel } from '../../../device/detector-model.ts'
import type { Sighting } from '../../../device/sight.ts'
import type { Shift } from './phase.ts'

/**
 * What is measured in pictures that were kept under a name: for calibration, and to find the laser's spot. `after` is a
 * time of the monotonic clock, before which the exposure of none of them began.
 */
export type Measure =
  /** Their mean. */
  | { kind: 'keep'; name: string; after: number; frames: number }
  /** Each by itself. */
  | { kind: 'keepEach'; name: string; after: number; frames: number }
  | { kind: 'shift'; from: string; to: string }
  /** What a pulse has added to `lit` against pictures from before and after it; kept under `name`. */
  | { kind: 'pulse'; name: string; lit: string; dark: string[] }
  | { kind: 'spot'; pulses: string[] }
  /** Gives up what was kept for pulses. */
  | { kind: 'forget' }

export type Measured =
  /** When the first exposure began and the last ended, ms of the monotonic clock. */
  | { kind: 'kept'; from: number; to: number }
  | ({ kind: 'shift' } & Shift)
  /** `strength`: how much brighter than before, 0 to 255. */
  | { kind: 'spot'; x: number; y: number; strength: number }
  | { kind: 'done' }
  | { kind: 'failed'; message: string }

/** To the thread that looks. A frame's buffer comes back with the answer. */
export type ToEye =
  | { type: 'detectors'; detectors: Detectors; model: DetectorModel | undefined }
  | {
      type: 'frame'
      i420: Uint8Array<ArrayBuffer>
      width: number
      height: number
      madeAt: number
      exposureMs: number | undefined
      number: number
    }
  | { type: 'measure'; request: number; measure: Measure }

export type FromEye =
  /** `seen` only when it was looked at with the detectors, and not for a measurement alone. */
  | { type: 'seen'; seen: Sighting | undefined; i420: Uint8Array<ArrayBuffer>; costMs: number }
  | { type: 'failed'; message: string | undefined }
  | { type: 'measured'; request: number; measured: Measured }
