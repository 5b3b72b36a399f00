import { mayLight } from '../scpi/light.ts'
import type { Entries, Setting, Trace } from './entries.ts'

const VALUE = '{value}'
const NOTHING_ELSE = '[^;"\'#]*'

/**
 * Whether a program message may switch light on, of an instrument that is declared: any does that its declaration does
 * not know to leave it dark. Undefined where it declares nothing that emits.
 */
export function lightOf(entries: Entries): ((message: string) => boolean) | undefined {
  const { readings, settings, actions, safe } = entries
  if (!entries.emits) return undefined
  const patterns = [
    // Some questions trigger what they ask for.
    ...[...readings.values()].map(({ query }) => exactly(query)),
    ...[...settings.values()].flatMap(darkForms),
    ...[...actions.values()].flatMap((action) => (action.emits ? [] : action.commands.map(exactly))),
    ...safe.map(exactly),
  ]
  return (message) => mayLight(message, (command) => patterns.some((pattern) => pattern.test(command)))
}

/** Whether fetching a trace may switch light on. */
export function traceMayLight(
  { before, query, preamble }: Trace,
  mayLight: (message: string) => boolean,
): boolean {
  return [...before, query, ...(preamble ? [preamble.query] : [])].some(mayLight)
}

/** A setting that emits nothing with any value; a switch that emits with its word for off. */
function darkForms({ command, emits, type, words }: Setting): RegExp[] {
  if (!emits) return [new RegExp(`^${command.split(VALUE).map(escaped).join(NOTHING_ELSE)}$`, 'i')]
  return type === 'boolean' ? [exactly(command.replaceAll(VALUE, () => words.off))] : []
}

function exactly(command: string): RegExp {
  return new RegExp(`^${escaped(command)}$`, 'i')
}

function escaped(text: string): string {
  return text.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
