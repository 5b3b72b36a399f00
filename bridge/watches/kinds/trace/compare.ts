import { BenchError } from '../../../../shared/wire/errors.ts'
import { indexOf, placeOf, sameKind } from '../../../../shared/traces/trace-axis.ts'
import type { TraceInfo } from '../../../../shared/traces/trace.ts'
import type { TraceCondition } from '../../../../shared/watches/watch-what.ts'
import { findPeaks } from '../../../traces/peaks.ts'
import { loadSamples } from '../../../traces/samples.ts'
import type { JobInput, JobOutput } from '../../worker/jobs.ts'

const MOST_SHOWN = 2000
type Deviates = Extract<TraceCondition, { is: 'deviates' }>

/** A part of a trace: sample i of it lies at `placeOf(axis, from + i)`. */
interface Part {
  info: TraceInfo
  from: number
  samples: Float32Array
}

/** Compares a trace with its reference, or finds the peak that belongs somewhere. Throws `watch.failed` when there is nothing to compare. */
export function seeTrace({ file, info, reference, condition }: JobInput<'trace'>): JobOutput<'trace'> {
  if (condition.is === 'peakMoved') return seePeak(file, info, condition)
  if (!reference)
    throw new BenchError(
      'watch.failed',
      `the reference ${condition.reference} is not in the trace library any more`,
    )
  if (!sameKind(info.axis, reference.info.axis) || info.unit !== reference.info.unit) {
    throw new BenchError(
      'watch.failed',
      `the trace (${info.unit} over ${info.axis.quantity}) and its reference (${reference.info.unit} over ${reference.info.axis.quantity}) are of different kinds`,
    )
  }
  const last = (of: TraceInfo): number => placeOf(of.axis, of.points - 1)
  const from = Math.max(info.axis.start, reference.info.axis.start, condition.from ?? -Infinity)
  const to = Math.min(last(info), last(reference.info), condition.to ?? Infinity)
  const part = partOf(file, info, from, to)
  const known = partOf(reference.file, reference.info, from, to)
  const expected = Float32Array.from(part.samples, (_, i) =>
    valueAt(known, placeOf(info.axis, part.from + i)),
  )
  return {
    deviation: deviationOf(part, expected, condition),
    snapshot: {
      ...curves(part, { expected, weight: (i) => beyond(part.samples[i]!, expected[i]!, condition) }),
      above: condition.above,
      below: condition.below,
    },
  }
}

function deviationOf(
  { info, from, samples }: Part,
  expected: Float32Array,
  condition: Deviates,
): JobOutput<'trace'>['deviation'] {
  let worst = -Infinity
  let at = 0
  let outside = 0
  let compared = 0
  for (let i = 0; i < samples.length; i++) {
    const over = beyond(samples[i]!, expected[i]!, condition)
    if (Number.isNaN(over)) continue
    compared++
    if (over > 0) outside++
    if (over > worst) {
      worst = over
      at = i
    }
  }
  if (compared === 0)
    throw new BenchError('watch.failed', 'the trace and its reference have no samples in common there')
  return { at: placeOf(info.axis, from + at), by: samples[at]! - expected[at]!, share: outside / compared }
}

/** How far a sample lies beyond the mask; negative within it, NaN where there is nothing to compare. */
function beyond(value: number, expected: number, { above, below }: Deviates): number {
  const by = value - expected
  if (!Number.isFinite(by)) return NaN
  return by > 0 ? by - above : -by - below
}

function seePeak(
  file: string,
  info: TraceInfo,
  condition: Extract<TraceCondition, { is: 'peakMoved' }>,
): JobOutput<'trace'> {
  const { near, within, peak: kind, prominence } = condition
  // The ground on both sides of the peak is needed to tell that it is one.
  const part = partOf(file, info, near - 2 * within, near + 2 * within)
  const axis = { ...info.axis, start: placeOf(info.axis, part.from) }
  const search = { kind, prominence, distance: 0, smooth: 0, limit: 200 }
  const { peaks } = findPeaks(part.samples, { axis, unit: info.unit }, search)
  const found = peaks
    .filter(({ position }) => Math.abs(position - near) <= within)
    .sort((a, b) => b.depth - a.depth)[0]
  const sign = kind === 'dip' ? -1 : 1
  return {
    peak: found && { at: found.position, value: found.value },
    snapshot: {
      ...curves(part, { weight: (i) => sign * part.samples[i]! }),
      near,
      ...(found && { peak: { at: found.position, value: found.value } }),
    },
  }
}

function partOf(file: string, info: TraceInfo, from: number, to: number): Part {
  const first = Math.max(0, Math.ceil(indexOf(info.axis, from) - 1e-6))
  const end = Math.min(info.points, Math.floor(indexOf(info.axis, to) + 1e-6) + 1)
  if (!(end > first)) throw new BenchError('watch.failed', 'the trace has no samples where the watch looks')
  return { info, from: first, samples: loadSamples(file, first, end) }
}

/** By a line between the two samples around it. */
function valueAt({ info, from, samples }: Part, place: number): number {
  const index = Math.min(Math.max(indexOf(info.axis, place) - from, 0), samples.length - 1)
  const left = Math.floor(index)
  const right = Math.min(left + 1, samples.length - 1)
  return samples[left]! + (samples[right]! - samples[left]!) * (index - left)
}

/** What is shown of many samples: in each column the one that matters most. */
function curves(
  { info, from, samples }: Part,
  { expected, weight }: { expected?: Float32Array; weight: (i: number) => number },
): JobOutput<'trace'>['snapshot'] {
  const by = Math.max(1, Math.ceil(samples.length / MOST_SHOWN))
  const values: number[] = []
  const reference: number[] = []
  for (let begin = 0; begin < samples.length; begin += by) {
    let best = begin
    for (let i = begin; i < Math.min(begin + by, samples.length); i++) if (weight(i) > weight(best)) best = i
    values.push(finite(samples[best]!))
    if (expected) reference.push(finite(expected[best]!))
  }
  const { axis, unit, id } = info
  return {
    trace: id,
    unit,
    axisUnit: axis.unit,
    start: placeOf(axis, from),
    step: axis.step * by,
    points: values.length,
    values,
    ...(expected && { reference }),
  }
}

/** JSON has no NaN; an instrument says so of what it could not measure. */
function finite(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : 0
}
