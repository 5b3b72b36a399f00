import type { ActionEntry, Declaration, ReadingEntry, SettingEntry } from './declaration.ts'
import type { TraceEntry } from './trace-spec.ts'

/** What every entry has once it stands for itself. */
interface Named {
  name: string
  label: string
  channel?: string
  /** For a trace's file, which has a number there. */
  channelNumber: number
}

export type Reading = ReadingEntry & Named
export type Setting = SettingEntry & Named
export type Action = ActionEntry & Named
export type Trace = TraceEntry & Named

/** A declaration with {channel} written out: each entry by its own name, as callers say it. */
export interface Entries {
  name: string | undefined
  identifies: string | undefined
  errors: Declaration['errors']
  open: string[]
  safe: string[]
  guard: Declaration['guard']
  readings: Map<string, Reading>
  settings: Map<string, Setting>
  actions: Map<string, Action>
  traces: Map<string, Trace>
  /** Whether anything of it may switch light on. */
  emits: boolean
  /** The switches of what emits that can be read back: while all of them are off, it is dark. */
  indicators: string[]
}

const CHANNEL = '{channel}'

/** Writes {channel} out: `voltage` becomes `voltage-1`, `voltage-2`… */
export function entriesOf(declared: Declaration): Entries {
  const each = <E extends { label?: string | undefined }>(
    entries: Record<string, E>,
  ): Map<string, E & Named> =>
    new Map(
      Object.entries(entries)
        .flatMap(([name, entry]) => perChannel(name, entry, declared.channels))
        .map((entry) => [entry.name, entry]),
    )
  const lines = (texts: string[]): string[] =>
    texts.flatMap((text) =>
      text.includes(CHANNEL)
        ? declared.channels.map((channel) => text.replaceAll(CHANNEL, String(channel)))
        : text,
    )
  const settings = each(declared.settings)
  const actions = each(declared.actions)
  return {
    name: declared.name,
    identifies: declared.identifies,
    errors: declared.errors,
    open: lines(declared.open),
    safe: lines(declared.safe),
    guard: declared.guard,
    readings: each(declared.readings),
    settings,
    actions,
    traces: each(declared.traces),
    emits: [...settings.values(), ...actions.values()].some(({ emits }) => emits),
    indicators: [...settings.values()].flatMap(({ name, emits, type, query }) =>
      emits && type === 'boolean' && query !== undefined ? [name] : [],
    ),
  }
}

function perChannel<E extends { label?: string | undefined }>(
  name: string,
  entry: E,
  channels: Declaration['channels'],
): (E & Named)[] {
  const text = JSON.stringify(entry)
  if (!text.includes(CHANNEL)) return [{ ...entry, name, label: entry.label ?? name, channelNumber: 1 }]
  return channels.map((channel, i) => {
    // A channel is letters and digits, so nothing of the JSON can be broken by it.
    const written = JSON.parse(text.replaceAll(CHANNEL, String(channel))) as E
    return {
      ...written,
      name: `${name}-${String(channel).toLowerCase()}`,
      label: written.label ?? `${name} ${channel}`,
      channel: String(channel),
      channelNumber: typeof channel === 'number' ? channel : i + 1,
    }
  })
}
