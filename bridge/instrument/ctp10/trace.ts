import { BenchError } from '../../../shared/wire/errors.ts'
import { MOST_POINTS } from '../../../shared/traces/trace.ts'
import type { TraceDraft, TraceFacts, TraceKeeper } from '../../device/trace-keeper.ts'
import type { Wire } from '../scpi/wire.ts'

/** What a trace type holds, by its number (CTP10 user guide, :TRACe); the others depend on the detector. */
const KINDS: Record<number, { label: string; unit: string }> = {
  1: { label: 'transfer function', unit: 'dB' },
  11: { label: 'raw live', unit: 'dBm' },
  12: { label: 'raw reference', unit: 'dBm' },
  13: { label: 'quick reference', unit: 'dBm' },
}
const PROGRESS_EVERY_MS = 100

export interface TracePlace {
  device: string
  module: number
  channel: number
  type: number
}

/** Where a trace lies: sample i at startM + i * stepM (metres). */
export interface TraceExtent {
  points: number
  startM: number
  stepM: number
}

/** A trace in memory: big-endian float32. */
export interface FetchedTrace extends TraceExtent {
  samples: Uint8Array<ArrayBuffer>
}

/** An instrument whose traces can be had without being kept. */
export interface TraceSource {
  /** Rejects with `scpi.error` when there is no such trace, `aborted` when the signal ends it. */
  fetchTrace(place: Omit<TracePlace, 'device'>, signal: AbortSignal): Promise<FetchedTrace>
}

const node = ({ module, channel, type }: TracePlace): string =>
  `:TRAC:SENS${module}:CHAN${channel}:TYPE${type}:DATA`

/** How long a trace is and where it lies; no points when the instrument has none. */
export async function readExtent(wire: Wire, place: TracePlace, signal: AbortSignal): Promise<TraceExtent> {
  const at = node(place)
  const points = await wire.number(`${at}:LENG?`, { signal })
  if (!(points >= 1 && points <= MOST_POINTS)) return { points: 0, startM: 0, stepM: 0 }
  const stepM = await wire.number(`${at}:SAMP?`, { signal })
  const startM = await wire.number(`${at}:STAR?`, { signal })
  return { points, startM, stepM }
}

/**
 * Fetches a trace's samples straight into where `room` puts them. Only y travels: x follows from start and sampling,
 * which saves twice the bytes. Throws `scpi.error` when there is no such trace.
 */
export async function fetchTrace(
  wire: Wire,
  place: TracePlace,
  room: (points: number) => Uint8Array<ArrayBuffer>,
  progress: (bytes: number, of: number) => void,
  signal: AbortSignal,
): Promise<FetchedTrace> {
  const extent = await readExtent(wire, place, signal)
  if (extent.points === 0) {
    const message = `channel ${place.channel} of module ${place.module} holds no trace of type ${place.type}: run a sweep first`
    throw new BenchError('scpi.error', message, { device: place.device })
  }
  const samples = room(extent.points)
  let told = 0
  await wire.block(
    `${node(place)}? BIN,DB`,
    {
      into: (bytes) => {
        if (bytes === samples.length) return samples
        const message = `the instrument announced ${extent.points} points and sends ${bytes} bytes`
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
  return { ...extent, samples }
}

/** The same straight into the file that will be kept. */
export async function readTrace(
  wire: Wire,
  place: TracePlace,
  traces: TraceKeeper,
  progress: (bytes: number, of: number) => void,
  signal: AbortSignal,
): Promise<{ draft: TraceDraft; facts: TraceFacts }> {
  let draft: TraceDraft | undefined
  const room = (points: number): Uint8Array<ArrayBuffer> => (draft = traces.draft(points)).samples
  const { startM, stepM } = await fetchTrace(wire, place, room, progress, signal)
  if (!draft) throw new Error('unreachable: the trace was received into the draft')
  const { device, channel, type } = place
  const kind = KINDS[type] ?? { label: `type ${type}`, unit: 'dB' }
  return {
    draft,
    facts: {
      ...{ device, channel, type, ...kind, takenAt: Date.now() },
      axis: { quantity: 'wavelength', unit: 'm', start: startM, step: stepM },
    },
  }
}
