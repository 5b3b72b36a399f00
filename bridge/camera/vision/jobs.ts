import type { Detectors } from '../../../shared/vision.ts'
import type { DetectorModel } from '../../core/detector-model.ts'
import type { Sighting } from '../../core/sight.ts'
import type { Shift } from './phase.ts'

/** What is measured in pictures that were kept under a name: for calibration. */
export type Measure =
  | { kind: 'keep'; name: string; after: number; frames: number }
  | { kind: 'shift'; from: string; to: string }
  | { kind: 'spot'; dark: string; lit: string }

export type Measured =
  | { kind: 'kept' }
  | ({ kind: 'shift' } & Shift)
  /** `strength`: how much brighter than before, 0 to 255. */
  | { kind: 'spot'; x: number; y: number; strength: number }
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
  | { type: 'seen'; seen: Sighting; i420: Uint8Array<ArrayBuffer>; costMs: number }
  | { type: 'failed'; message: string | undefined }
  | { type: 'measured'; request: number; measured: Measured }
