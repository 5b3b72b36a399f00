import type { DeclaredState } from '../../../shared/instrument/declared.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import type { Wire } from '../scpi/wire.ts'
import type { Entries, Setting } from './entries.ts'
import { columnsOf, type Phrasebook } from './phrasebook.ts'
import type { Range } from './setting-value.ts'
import { kindOf, parseAnswer } from './value.ts'
import type { Taken } from './values.ts'

/** What is known of an instrument once it is open. */
export interface Learnt {
  state: Partial<InstrumentState>
  /** How its settings stand. */
  taken: Taken[]
  ranges: Map<string, Range>
}

/**
 * Asks the instrument who it is and how it is set, having switched off what emits; `opening` is told each command before
 * it is sent. Rejects with `device.faulted` when
 * it is another instrument, and as an exchange does when it does not answer as declared.
 */
export async function learn(
  wire: Wire,
  resource: string,
  entries: Entries,
  phrases: Phrasebook,
  device: string,
  opening: (command: string) => void,
): Promise<Learnt> {
  const answer = await wire.query('*IDN?')
  const [maker = '', model = '', serial = '', firmware = ''] = answer.split(',').map((part) => part.trim())
  if (entries.identifies !== undefined && !new RegExp(entries.identifies, 'i').test(answer)) {
    const wanted = entries.name ?? `one that answers /${entries.identifies}/`
    const message = `${resource} is "${answer}", not a ${wanted}: name another model, or set \`identifies\` to what it answers`
    throw new BenchError('device.faulted', message, { device })
  }
  await phrases.drain(wire)
  for (const command of [...(entries.emits ? entries.safe : []), ...entries.open]) {
    opening(command)
    await phrases.command(wire, command, {})
  }
  const ranges = new Map<string, Range>()
  const taken: Taken[] = []
  for (const setting of entries.settings.values()) {
    ranges.set(setting.name, await readRange(wire, setting))
    const ask = phrases.asked(setting.name)
    if (ask) taken.push(await ask(wire))
  }
  const identity = { maker, model, serial, firmware }
  return { state: { resource, identity, declared: declaredState(entries, ranges) }, taken, ranges }
}

async function readRange(wire: Wire, setting: Setting): Promise<Range> {
  const { range, query = '', parse, type, deadlineMs } = setting
  const limit = async (bound: number | string | undefined, word: string): Promise<number | undefined> => {
    if (typeof bound !== 'string') return bound
    const asked = bound === 'query' ? `${query} ${word}` : bound
    const { value } = parseAnswer(await wire.query(asked, { deadlineMs }), parse, kindOf(parse, type))
    return typeof value === 'number' ? value : undefined
  }
  const min = await limit(range.min, 'MIN')
  const max = await limit(range.max, 'MAX')
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
}

/** The declaration as the page is told of it: without what goes over the wire. */
function declaredState(entries: Entries, ranges: ReadonlyMap<string, Range>): DeclaredState {
  const columns = columnsOf(entries)
  return {
    ...(entries.name === undefined ? {} : { model: entries.name }),
    readings: byName(entries.readings, (reading) => ({
      kind: kindOf(reading.parse, undefined),
      unit: reading.unit,
      units: reading.units,
      digits: reading.digits,
      everyMs: reading.everyMs,
      column: columns.get(reading.name),
      limits: reading.limits,
    })),
    settings: byName(entries.settings, (setting) => ({
      type: setting.type,
      unit: setting.unit,
      digits: setting.digits,
      ...ranges.get(setting.name),
      step: setting.step,
      choices: setting.choices?.map(({ value, label }) => ({ value, label })),
      confirm: setting.confirm,
      emits: setting.emits,
    })),
    actions: byName(entries.actions, ({ confirm, emits }) => ({ confirm, emits })),
    traces: byName(entries.traces, ({ unit, axis }) => ({ unit, axisUnit: axis.unit })),
    values: {},
    safe: entries.safe.length > 0,
    skipped: 0,
  }
}

function byName<E extends { name: string; label: string; channel?: string }, S extends object>(
  entries: ReadonlyMap<string, E>,
  tell: (entry: E) => S,
): Record<string, S & { label: string; channel?: string }> {
  return Object.fromEntries(
    [...entries.values()].map((entry) => {
      const { label, channel } = entry
      const told = { label, ...(channel === undefined ? {} : { channel }), ...tell(entry) }
      // A state holds what there is: an undefined member would be lost on the wire and kept in the snapshot.
      return [
        entry.name,
        Object.fromEntries(Object.entries(told).filter(([, member]) => member !== undefined)),
      ]
    }),
  ) as Record<string, S & { label: string; channel?: string }>
}
