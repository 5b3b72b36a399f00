import type { InstrumentState } from '../../../../shared/instrument/instrument.ts'
import type { ReadingCondition, ReadingSource, ReadingWatch } from '../../../../shared/watches/watch-what.ts'
import { BenchError } from '../../../../shared/wire/errors.ts'
import { steadyEpochMs } from '../../../core/clock.ts'
import type { CheckContext, Seen } from '../../scheduler/seen.ts'
import { numberAlarm, shown } from './number.ts'

/** A power older than this says nothing about now. */
const POWER_MS = 2000

/** What there is to read on the bench. */
export interface Readings {
  /** A device's topic; undefined where there is no such device. */
  state(device: string): { value: object; ready: boolean } | undefined
  /** `pushedAt` by performance.now(). */
  newestPower(device: string): { pushedAt: number; values: readonly number[] } | undefined
}

interface Reading {
  value: number | string | undefined
  unit?: string | undefined
  /** Why there is none. */
  missing?: string | undefined
}

/** What the check keeps, with times of `steadyEpochMs`: of `rate` the values so far, of the others the one that counts, and since when. */
interface Memory {
  since?: number
  base?: number | string
  values?: [at: number, value: number][]
}

/** Looks at a device's reading. Waits for nothing. Throws `watch.failed` when there is none, but for the watch that waits for that. */
export function checkReading(
  { device, source, condition }: ReadingWatch,
  readings: Readings,
  { failing, memory }: Pick<CheckContext, 'failing' | 'memory'>,
  now = steadyEpochMs(),
): Seen {
  const { value, unit, missing } = read(device, source, readings)
  const kept = keptBefore(memory ?? {}, now)
  if (condition.is === 'missing') {
    if (missing === undefined) return { value, unit, memory: { since: now } }
    const since = kept.since ?? now
    const late = now - since >= condition.forS * 1000
    return { alarm: late ? `${missing} for ${shown((now - since) / 1000)} s` : undefined, memory: { since } }
  }
  if (missing !== undefined || value === undefined) {
    throw new BenchError('watch.failed', missing ?? `${device} has no value`, { device })
  }
  return { value, unit, ...judge(value, condition, kept, failing, now) }
}

/** Where the clock was set back while the bridge was down, what is kept of later times began now. */
function keptBefore({ since, values, ...rest }: Memory, now: number): Memory {
  return {
    ...rest,
    ...(since !== undefined && { since: Math.min(since, now) }),
    ...(values && { values: values.filter(([at]) => at <= now) }),
  }
}

function judge(
  value: number | string,
  condition: Exclude<ReadingCondition, { is: 'missing' }>,
  kept: Memory,
  failing: boolean,
  now: number,
): Seen {
  if (condition.is === 'stuck') {
    const since = kept.base === value ? (kept.since ?? now) : now
    const stuck = now - since >= condition.forS * 1000
    const alarm = stuck ? `it has been ${value} for ${shown((now - since) / 1000)} s` : undefined
    return { alarm, memory: { base: value, since } }
  }
  if (condition.is === 'changed') {
    const { base } = kept
    if (base === undefined) return { memory: { base: value } }
    const moved =
      typeof value === 'number' && typeof base === 'number'
        ? Math.abs(value - base) > condition.by
        : value !== base
    return moved ? { change: `from ${base} to ${value}`, memory: { base: value } } : { memory: kept }
  }
  if (typeof value !== 'number') throw new BenchError('watch.failed', `"${value}" is not a number`)
  if (condition.is !== 'rate') return { alarm: numberAlarm(value, condition, failing) }
  const begin = now - condition.overS * 1000
  const values = [
    ...(kept.values ?? []).filter(([at]) => at >= begin),
    [now, value] as [number, number],
  ].slice(-100)
  const [at, first] = values[0] ?? [now, value]
  const perS = now > at ? (value - first) / ((now - at) / 1000) : 0
  const fast = Math.abs(perS) > condition.perS
  return { alarm: fast ? `it moves by ${shown(perS)} a second` : undefined, memory: { values } }
}

function read(device: string, source: ReadingSource, readings: Readings): Reading {
  const state = readings.state(device)
  if (!state) throw new BenchError('watch.failed', `there is no device "${device}" on this bench`, { device })
  if (!state.ready) return { value: undefined, missing: `${device} is not ready` }
  if (source.from === 'power')
    return readPower(device, source.channel, state.value as InstrumentState, readings)
  if (source.from === 'declared') return readDeclared(device, source.name, state.value as InstrumentState)
  const value = member(state.value, source.path)
  if (typeof value === 'number' || typeof value === 'string') return { value }
  if (typeof value === 'boolean') return { value: value ? 'true' : 'false' }
  return { value: undefined, missing: `${device} has no ${source.path}` }
}

function readPower(device: string, channel: number, { power }: InstrumentState, readings: Readings): Reading {
  const row = readings.newestPower(device)
  if (!row || performance.now() - row.pushedAt > POWER_MS)
    return { value: undefined, missing: `${device} gives no fresh power` }
  const value = row.values[channel - 1]
  if (value === undefined || !Number.isFinite(value)) {
    return { value: undefined, missing: `${device} gives no power on channel ${channel}` }
  }
  return { value, unit: power?.unit }
}

function readDeclared(device: string, name: string, { declared }: InstrumentState): Reading {
  const found = declared?.values[name]
  const entry = declared?.readings[name] ?? declared?.settings[name]
  if (!entry) throw new BenchError('watch.failed', `${device} has no reading "${name}"`, { device })
  if (!found || found.stale || found.value === undefined) {
    return {
      value: undefined,
      missing: `${device} gives no fresh ${name}${found?.note ? ` (${found.note})` : ''}`,
    }
  }
  const { value } = found
  return { value: typeof value === 'boolean' ? String(value) : value, unit: entry.unit || undefined }
}

function member(value: unknown, path: string): unknown {
  let found = value
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}
