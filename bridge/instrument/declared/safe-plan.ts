import type { Proof, SafePlan } from '../../core/safe-plan.ts'
import { parseResource } from '../../transport/resource-name.ts'
import type { Entries, Setting } from './entries.ts'
import type { ParseSpec } from './parse-spec.ts'

/** `0,"No error"` (SCPI-1999 volume 2 section 21.8): every command before it was taken. */
const NO_ERROR = '^[+-]?0+\\s*,'
const ZERO = '[+-]?(?:0+\\.?0*|\\.0+)(?:E[+-]?\\d+)?'

/** The switches that are to be off once the safe commands were sent, and can be read back. */
export function switchesOf({ settings }: Entries): Setting[] {
  return [...settings.values()].filter(
    ({ offWhenSafe, emits, type, query }) =>
      (offWhenSafe ?? emits) && type === 'boolean' && query !== undefined,
  )
}

/** How an instrument is made safe that is declared; undefined where its declaration does not say. */
export function safePlanOf(entries: Entries, resource: string, wire: unknown): SafePlan | undefined {
  if (entries.safe.length === 0) return undefined
  const marksEnd = ['hislip', 'vxi11'].includes(parseResource(resource).wire)
  return {
    ...{ resource, wire },
    guard: entries.guard ?? (marksEnd ? 'standby' : 'takeover'),
    clearing: marksEnd ? '' : '\n',
    messages: entries.safe.map((command) => `${command}\n`),
    proofs: proofsOf(entries),
  }
}

/** What its switches say, or else its error queue: that something has answered proves nothing. */
function proofsOf(entries: Entries): Proof[] {
  const switches = switchesOf(entries)
  if (switches.length > 0) return switches.map(proofOf)
  if (entries.errors === 'none') return []
  return [{ ask: ':SYST:ERR?\n', answer: '', safe: NO_ERROR, once: true }]
}

function proofOf({ query = '', parse, deadlineMs }: Setting): Proof {
  const { regex, group, index, separator } = parse
  return {
    ask: `${query}\n`,
    answer: '',
    ...((regex !== undefined || index !== undefined) && {
      part: {
        ...(regex !== undefined && { regex }),
        group,
        ...(index !== undefined && { index }),
        separator,
      },
    }),
    safe: offPattern(parse),
    deadlineMs,
  }
}

/** What `parseAnswer` takes for false, and nothing that it takes for true: the words for true come first there. */
function offPattern({ yes, no }: ParseSpec): string {
  const truths = new Set(yes.map((word) => word.toUpperCase()))
  const words = [...no, 'OFF'].filter((word) => !truths.has(word.toUpperCase())).map(escaped)
  const zeroIsTrue = yes.some((word) => Number(word) === 0)
  return `^(["']?)(?:${[...words, ...(zeroIsTrue ? [] : [ZERO])].join('|')})\\1$`
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
