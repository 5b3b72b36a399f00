import type { TakenBy } from '../still/about.ts'

/** What a camera's process is to record. */
export interface RecordWish {
  id: string
  path: string
  thumbnail: string
  /** Where the measured frames go, if they are wanted. */
  stack?: { path: string; thumbnail: string; preview: string } | undefined
  /** How long it is to be, when that is known. */
  durationMs?: number | undefined
  keepFreeBytes: number
  by: TakenBy
}

/** How far a recording is, by what is on disk. */
export interface RecordProgress {
  bytes: number
  durationMs: number
  frames: number
  dropped: number
  freeBytes: number
  stack?: { bytes: number; frames: number; dropped: number } | undefined
}

/** Why a recording ended: it was asked to, or else what was in the way. */
export type RecordEnd =
  | { why: 'asked' }
  | { why: 'changed' }
  | { why: 'closed' }
  | { why: 'full'; message: string }
  | { why: 'failed'; message: string }

export interface RecordProtocol {
  to: { type: 'start'; wish: RecordWish } | { type: 'stop'; id: string }
  from:
    | { type: 'opened'; id: string; startedAt: number; facts: Record<string, unknown> }
    | { type: 'progress'; id: string; progress: RecordProgress }
    | { type: 'ended'; id: string; progress: RecordProgress; end: RecordEnd }
}
