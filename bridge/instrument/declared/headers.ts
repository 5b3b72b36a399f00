import type { Entries } from './entries.ts'

const COMMON = ['*CLS', '*IDN?', '*OPC?', '*RST']
const QUEUE = ':SYST:ERR?'

/** The headers that a declaration speaks of, for the console to complete: what stands before the parameters. */
export function headersOf({ readings, settings, actions, traces, open, safe, errors }: Entries): string[] {
  const texts = [
    ...[...readings.values()].map(({ query }) => query),
    ...[...settings.values()].flatMap(({ query, command }) =>
      query === undefined ? [command] : [command, query],
    ),
    ...[...actions.values()].flatMap(({ commands }) => commands),
    ...[...traces.values()].flatMap(({ before, query, preamble }) =>
      preamble ? [...before, preamble.query, query] : [...before, query],
    ),
    ...open,
    ...safe,
  ]
  const headers = texts.map((text) => text.split(/\s/, 1)[0] ?? text)
  return [...new Set([...COMMON, ...(errors === 'queue' ? [QUEUE] : []), ...headers])].sort()
}
