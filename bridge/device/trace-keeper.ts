import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import type { TraceInfo } from '../../shared/traces/trace.ts'

/** What a driver knows of a trace; settings and the state of the instrument where it can say. */
export type TraceFacts = Omit<TraceInfo, 'id' | 'points'>

/** A trace being taken: its file in memory, header first, and the place for the samples behind it. */
export interface TraceDraft {
  /** points * 4 bytes for big-endian float32 samples, to be filled in place. */
  samples: Uint8Array<ArrayBuffer>
  /** Writes it to disk under a name of its own. */
  keep(facts: TraceFacts): Promise<TraceInfo>
}

/** The trace library as a driver knows it. */
export interface TraceKeeper {
  draft(points: number): TraceDraft
}

/**
 * The library as one device's driver knows it: what its topic shows when a trace is kept is kept with it, as identity,
 * sweep settings and state. What the driver says itself has the last word.
 */
export function keeperOf(keeper: TraceKeeper, state: () => Partial<InstrumentState>): TraceKeeper {
  return {
    draft(points) {
      const draft = keeper.draft(points)
      return {
        samples: draft.samples,
        keep(facts) {
          const { identity, sweepSettings, download: _, ...rest } = state()
          return draft.keep({
            ...(identity && { instrument: identity }),
            ...(sweepSettings && { settings: sweepSettings }),
            state: rest,
            ...facts,
          })
        },
      }
    },
  }
}
