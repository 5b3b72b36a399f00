import type { FrameHeader } from '../../../shared/camera/frame-header.ts'
import type { Analysis, Asked } from './analysis.ts'
import type { Samples } from './decode.ts'

/** Page to worker. No second frame before the first was answered by `done`. */
export type ToWorker =
  | { type: 'frame'; header: ArrayBuffer | Uint8Array; body: ArrayBuffer | Uint8Array }
  | { type: 'ask'; asked: Asked }

/** Worker to page. */
export type FromWorker =
  | { type: 'picture'; header: FrameHeader; samples: Samples; decodeMs: number }
  | { type: 'analysis'; number: number; analysis: Analysis }
  /** The frame was dealt with; `problem` when it was none. */
  | { type: 'done'; problem?: string }
