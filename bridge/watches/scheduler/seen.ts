import { BenchError } from '../../../shared/wire/errors.ts'
import type { WatchSnapshot } from '../../../shared/watches/watch-history.ts'

/** What is kept of what a check saw. */
export type Snapshot =
  | { kind: 'text'; text: string; cut: boolean; picture?: Uint8Array | undefined }
  | { kind: 'image'; picture: Uint8Array; width: number; height: number }
  | { kind: 'trace'; trace: Omit<Extract<WatchSnapshot, { kind: 'trace' }>, 'seq' | 'at' | 'kind'> }

/** What a check has seen. It fails where there is an `alarm`, and has news where there is a `change`. */
export interface Seen {
  value?: number | string | undefined
  unit?: string | undefined
  alarm?: string | undefined
  change?: string | undefined
  /** For the next check of the same watch. */
  memory?: unknown
  snapshot?: Snapshot | undefined
  /** The next check needs what this one saw: it is kept in any case. */
  keep?: true
}

/** What a check is given. */
export interface CheckContext {
  /** Aborts at its deadline, and when nobody wants it any more. */
  signal: AbortSignal
  deadlineS: number
  /** Whether the last check ended in an alarm: some clear later than they rise. */
  failing: boolean
  memory: unknown
  /** The number that this check will have. */
  seq: number
  /** Where the picture of an earlier check lies. */
  pictureFile: (seq: number) => string
  /** A few words on what it does, for whoever looks. */
  comment: (text: string) => void
}

/** A check that came to nothing through what others use as well, such as the browser: it may be another's fault. */
export class LostCheck extends BenchError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('watch.failed', message, options)
  }
}
