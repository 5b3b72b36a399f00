import { BenchError } from '../../../../shared/wire/errors.ts'
import type { TraceInfo } from '../../../../shared/traces/trace.ts'
import type { TraceSource, TraceWatch } from '../../../../shared/watches/watch-what.ts'
import type { Caller, Device } from '../../../device/device.ts'
import type { Lab } from '../../worker/lab.ts'
import type { CheckContext, Seen } from '../../scheduler/seen.ts'
import { shown } from '../reading/number.ts'

const NEWEST_LOOKED_AT = 200

/** The trace library as the watches know it. */
export interface TraceLibrary {
  list(filter: { device: string; limit: number }): TraceInfo[]
  known(id: string): TraceInfo
  samplesFile(id: string): string
}

export interface TraceTools {
  traces: TraceLibrary
  lab: Lab
  /** Throws `device.unknown` or `device.faulted`. */
  device: (id: string) => Device
  /** As whom the bench reads an instrument by itself. */
  caller: (signal: AbortSignal) => Caller
}

/** Looks at a trace, from the library or asked of the instrument. */
export async function checkTrace(watch: TraceWatch, tools: TraceTools, context: CheckContext): Promise<Seen> {
  const { device, source, condition } = watch
  const info = await take(device, source, tools, context)
  context.comment('comparing')
  const { traces, lab } = tools
  const reference =
    condition.is === 'deviates'
      ? { file: traces.samplesFile(condition.reference), info: traces.known(condition.reference) }
      : undefined
  const file = traces.samplesFile(info.id)
  const { deviation, peak, snapshot } = await lab.run(
    'trace',
    { file, info, reference, condition },
    context.signal,
  )
  const kept = { snapshot: { kind: 'trace' as const, trace: snapshot } }
  const axis = info.axis.unit
  if (condition.is === 'peakMoved') {
    const { near, by, within, peak: kind } = condition
    if (!peak) {
      return { ...kept, alarm: `there is no ${kind} within ${place(within, axis)} of ${place(near, axis)}` }
    }
    const moved = peak.at - near
    const alarm =
      Math.abs(moved) > by
        ? `the ${kind} is at ${place(peak.at, axis)}, ${place(Math.abs(moved), axis)} away`
        : undefined
    return { ...kept, value: peak.at, unit: axis, alarm }
  }
  if (!deviation) throw new BenchError('watch.failed', 'the trace could not be compared')
  const { at, by, share } = deviation
  const seen = { ...kept, value: by, unit: info.unit }
  seen.snapshot.trace.worst = { at, by }
  if (share <= condition.allow) return seen
  const percent = shown(share * 100)
  return {
    ...seen,
    alarm: `${percent} % of it lies beyond the mask, worst ${shown(by)} ${info.unit} at ${place(at, axis)}`,
  }
}

async function take(
  device: string,
  source: TraceSource,
  tools: TraceTools,
  context: CheckContext,
): Promise<TraceInfo> {
  if (source.from === 'newest') {
    const { channel, label } = source
    const found = tools.traces
      .list({ device, limit: NEWEST_LOOKED_AT })
      .find(
        (info) =>
          (channel === undefined || info.channel === channel) &&
          (label === undefined || info.label === label),
      )
    if (found) return found
    throw new BenchError('watch.failed', `the library has no such trace of ${device}`, { device })
  }
  context.comment('reading the trace from the instrument')
  const { commands } = tools.device(device)
  const caller = tools.caller(context.signal)
  if (source.from === 'ctp10') {
    const read = commands['trace.read']
    if (read) return read({ device, channel: source.channel, type: source.type }, caller)
  } else {
    const read = commands['instrument.trace']
    if (read) return read({ device, trace: source.name }, caller)
  }
  throw new BenchError('device.unsupported', `${device} gives no traces of this kind`, { device })
}

function place(value: number, unit: string): string {
  if (unit === 'm') return `${Number((value * 1e9).toPrecision(9))} nm`
  return `${Number(value.toPrecision(9))} ${unit}`
}
