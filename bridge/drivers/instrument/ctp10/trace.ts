import { BenchError } from '../../../../shared/errors.ts'
import type { TraceInfo } from '../../../../shared/trace.ts'
import type { TraceDraft, TraceKeeper } from '../../../core/trace-keeper.ts'
import type { Wire } from '../../../scpi/wire.ts'

/** What a trace type holds, by its number (CTP10 user guide, :TRACe). */
const KINDS: Record<number, { label: string; unit: string }> = {
  1: { label: 'transfer function', unit: 'dB' },
  11: { label: 'raw live', unit: 'dBm' },
  12: { label: 'raw reference', unit: 'dBm' },
  13: { label: 'quick reference', unit: 'dBm' },
}
/** Longer than any trace of the instrument: 440 nm at 0.02 pm. */
const MOST_POINTS = 22_000_001
const PROGRESS_EVERY_MS = 100

export interface TracePlace {
  device: string
  module: number
  channel: number
  type: number
}

/**
 * Fetches a trace's samples straight into the file that will be kept. Only y travels: x follows from start and
 * sampling, which saves twice the bytes. Throws `scpi.error` when there is no such trace.
 */
export async function readTrace(
  wire: Wire,
  place: TracePlace,
  traces: TraceKeeper,
  progress: (bytes: number, of: number) => void,
  signal: AbortSignal,
): Promise<{ draft: TraceDraft; facts: Omit<TraceInfo, 'id' | 'points'> }> {
  const node = `:TRAC:SENS${place.module}:CHAN${place.channel}:TYPE${place.type}:DATA`
  const points = await wire.number(`${node}:LENG?`, { signal })
  if (!(points >= 1 && points <= MOST_POINTS)) {
    const message = `channel ${place.channel} holds no trace of type ${place.type}: run a sweep first`
    throw new BenchError('scpi.error', message, { device: place.device })
  }
  const stepM = await wire.number(`${node}:SAMP?`, { signal })
  const startM = await wire.number(`${node}:STAR?`, { signal })
  const draft = traces.draft(points)
  let told = 0
  await wire.block(
    `${node}? BIN,DB`,
    {
      into: (bytes) => {
        if (bytes === draft.samples.length) return draft.samples
        const message = `the instrument announced ${points} points and sends ${bytes} bytes`
        throw new BenchError('scpi.block', message, { device: place.device })
      },
      progress: (bytes, of) => {
        const now = performance.now()
        if (now - told < PROGRESS_EVERY_MS) return
        told = now
        progress(bytes, of)
      },
    },
    { signal },
  )
  const kind = KINDS[place.type] ?? { label: `type ${place.type}`, unit: 'dB' }
  return {
    draft,
    facts: {
      device: place.device,
      channel: place.channel,
      type: place.type,
      label: kind.label,
      takenAt: Date.now(),
      startM,
      stepM,
      unit: kind.unit,
    },
  }
}
