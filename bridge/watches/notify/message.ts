import type { WatchEvent } from '../../../shared/watches/watch-state.ts'

/** What goes over a channel at once. */
export interface Message {
  /** The same each time that this message is tried, so that who got it twice can tell. */
  id: string
  bench: string
  at: number
  events: WatchEvent[]
  /** Only of a test. */
  test?: true
}

/** One line that says it all, for a subject. */
export function subjectOf({ bench, events, test }: Message): string {
  if (test) return `${bench}: a test of Lightbench's watches`
  const [first] = events
  if (events.length === 1 && first) return `${bench}: ${first.name} has ${first.kind}`
  const count = (kind: WatchEvent['kind']): string[] => {
    const n = events.filter((event) => event.kind === kind).length
    return n > 0 ? [`${n} ${kind}`] : []
  }
  return `${bench}: ${[...count('failed'), ...count('recovered'), ...count('changed')].join(', ')}`
}

/** The whole of it as text. */
export function textOf({ events, test }: Message): string {
  if (test) return 'Somebody has tried whether messages arrive. This one has.'
  return events
    .map(({ at, name, kind, message }) => `${new Date(at).toISOString()}  ${name} has ${kind}: ${message}`)
    .join('\n')
}
