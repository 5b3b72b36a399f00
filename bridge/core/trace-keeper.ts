import type { TraceInfo } from '../../shared/trace.ts'

/** A trace being taken: its file in memory, header first, and the place for the samples behind it. */
export interface TraceDraft {
  /** points * 4 bytes for big-endian float32 samples, to be filled in place. */
  samples: Uint8Array<ArrayBuffer>
  /** Writes it to disk under a name of its own. */
  keep(info: Omit<TraceInfo, 'id' | 'points'>): Promise<TraceInfo>
}

/** The trace library as a driver knows it. */
export interface TraceKeeper {
  draft(points: number): TraceDraft
}
