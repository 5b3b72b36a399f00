import type { TraceInfo } from '../../../shared/traces/trace.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { TraceDraft, TraceKeeper } from '../../device/trace-keeper.ts'
import type { ExchangeOptions, Wire } from '../scpi/wire.ts'
import type { Trace } from './entries.ts'
import { behindHeader, convertBlock, readNumbers, sampleBytes } from './samples.ts'

/** A million numbers as text, with room to spare. */
const MOST_TEXT_BYTES = 32 << 20
const PROGRESS_EVERY_MS = 100

/** What a trace is fetched with. */
export interface Fetching {
  device: string
  traces: TraceKeeper
  progress: (bytes: number, of: number) => void
  signal: AbortSignal
}

/** What stands in the preamble: the scale of the samples, and of the axis if it is there. */
interface Scales {
  xIncrement?: number | undefined
  xOrigin?: number | undefined
  xReference?: number | undefined
  y: ((raw: number) => number) | undefined
}

/**
 * Asks for a trace's axis and samples, and puts them where they will be kept. The commands before it have been sent.
 * Rejects with `scpi.error` or `scpi.block` when what comes is no trace.
 */
export async function readTrace(
  wire: Wire,
  trace: Trace,
  fetching: Fetching,
): Promise<{ draft: TraceDraft; facts: Omit<TraceInfo, 'id' | 'points'> }> {
  const { device, signal } = fetching
  const options = { deadlineMs: trace.deadlineMs, signal }
  const scales = await readPreamble(wire, trace, device, options)
  const amount = (given: number | string | undefined): Promise<number> | number | undefined =>
    typeof given === 'string' ? wire.number(given, options) : given
  const start = await amount(trace.axis.start)
  const step = await amount(trace.axis.step)
  const stop = await amount(trace.axis.stop)
  const { draft, points } =
    trace.format === 'ascii'
      ? await readText(wire, trace, scales, fetching)
      : await readBlock(wire, { ...trace, format: trace.format }, scales, fetching)
  const { xIncrement = 0, xOrigin = 0, xReference = 0 } = scales
  const between = step ?? (stop === undefined ? xIncrement : (stop - (start ?? 0)) / Math.max(1, points - 1))
  const first = start ?? xOrigin - xReference * xIncrement
  if (!Number.isFinite(first) || !Number.isFinite(between) || between === 0) {
    const message = `${device} says that ${trace.label} begins at ${first} ${trace.axis.unit} with ${between} between samples`
    throw new BenchError('scpi.error', message, { device })
  }
  const { quantity, unit, scale } = trace.axis
  const [one, other] = [first * scale, (first + (points - 1) * between) * scale]
  if (other < one) turnRound(draft, points)
  return {
    draft,
    facts: {
      device,
      channel: trace.channelNumber,
      type: 1,
      label: trace.label,
      takenAt: Date.now(),
      axis: { quantity, unit, start: Math.min(one, other), step: Math.abs(between * scale) },
      unit: trace.unit,
    },
  }
}

/** Kept traces rise along their axis. */
function turnRound({ samples }: TraceDraft, points: number): void {
  // As whole numbers, which keep the bytes of what is no number.
  new Uint32Array(samples.buffer, samples.byteOffset, points).reverse()
}

async function readPreamble(
  wire: Wire,
  { preamble, scale }: Trace,
  device: string,
  options: ExchangeOptions,
): Promise<Scales> {
  if (!preamble) return { y: scale === 1 ? undefined : (raw) => raw * scale }
  const answer = await wire.query(preamble.query, options)
  const items = answer.split(preamble.separator)
  const at = (index: number | undefined): number | undefined => {
    if (index === undefined) return undefined
    const text = items[index]?.trim() ?? ''
    const number = Number(text)
    if (text !== '' && !Number.isNaN(number)) return number
    const message = `${device} answered "${answer.slice(0, 120)}" to ${preamble.query}, where item ${index} should be a number`
    throw new BenchError('scpi.error', message, { device })
  }
  const increment = at(preamble.yIncrement) ?? 1
  const origin = at(preamble.yOrigin) ?? 0
  const reference = (preamble.yReference ?? []).reduce((sum, index) => sum + (at(index) ?? 0), 0)
  return {
    xIncrement: at(preamble.xIncrement),
    xOrigin: at(preamble.xOrigin),
    xReference: at(preamble.xReference),
    y: (raw) => ((raw - reference) * increment + origin) * scale,
  }
}

async function readText(
  wire: Wire,
  trace: Trace,
  { y = (raw) => raw }: Scales,
  { device, traces, signal }: Fetching,
): Promise<{ draft: TraceDraft; points: number }> {
  const options = { deadlineMs: trace.deadlineMs, signal, mostBytes: MOST_TEXT_BYTES }
  const answer = await wire.query(trace.query, options)
  const text = trace.header ? behindHeader(answer, device) : answer
  const numbers = await readNumbers(text, trace.separator, device)
  const draft = traces.draft(numbers.length)
  const view = new DataView(draft.samples.buffer, draft.samples.byteOffset, draft.samples.byteLength)
  numbers.forEach((raw, i) => view.setFloat32(i * 4, y(raw)))
  return { draft, points: numbers.length }
}

async function readBlock(
  wire: Wire,
  trace: Trace & { format: Exclude<Trace['format'], 'ascii'> },
  { y }: Scales,
  { device, traces, progress, signal }: Fetching,
): Promise<{ draft: TraceDraft; points: number }> {
  const each = sampleBytes(trace.format)
  // What comes as it is kept needs no second buffer.
  const asKept = trace.format === 'real32' && trace.byteOrder === 'big' && y === undefined
  let direct: TraceDraft | undefined
  let told = 0
  const block = await wire.block(
    trace.query,
    {
      into: (bytes) => {
        if (bytes === 0 || bytes % each !== 0) {
          const message = `${device} announced ${bytes} bytes of ${trace.format} for ${trace.label}, which is no whole number of samples above 0`
          throw new BenchError('scpi.block', message, { device })
        }
        if (asKept) direct = traces.draft(bytes / each)
        return direct?.samples ?? new Uint8Array(bytes)
      },
      progress: (bytes, of) => {
        const now = performance.now()
        if (now - told < PROGRESS_EVERY_MS) return
        told = now
        progress(bytes, of)
      },
    },
    { deadlineMs: trace.deadlineMs, signal },
  )
  const points = block.length / each
  const draft = direct ?? traces.draft(points)
  if (!direct) convertBlock(block, trace, y ?? ((raw) => raw), draft.samples)
  return { draft, points }
}
