import type { WatchStatus } from '../../../shared/watches/watch-state.ts'
import type { WatchKind } from '../../../shared/watches/watch-what.ts'

export const SHOWS = ['all', 'failing', 'unseen', 'busy', 'paused', 'muted'] as const
export type Show = (typeof SHOWS)[number]

/** Which watches the list shows. */
export interface WatchFilter {
  /** Each of its words stands in the name, a tag, the target or the reason. */
  search: string
  show: Show
  kind: WatchKind | ''
  /** Empty for any. */
  tag: string
}

export const NO_FILTER: WatchFilter = { search: '', show: 'all', kind: '', tag: '' }

export const SORTS = ['name', 'state', 'changed', 'checked'] as const
export type Sort = (typeof SORTS)[number]

export const SHOW_WORDS: Record<Show, string> = {
  all: 'All',
  failing: 'Failing',
  unseen: 'Unseen',
  busy: 'Busy',
  paused: 'Paused',
  muted: 'Muted',
}

const SHOWN: Record<Show, (status: WatchStatus) => boolean> = {
  all: () => true,
  failing: ({ outcome }) => outcome === 'failing',
  unseen: ({ unseen }) => unseen !== undefined,
  busy: ({ activity }) => activity !== undefined,
  paused: ({ paused }) => paused === true,
  muted: ({ muted }) => muted === true,
}

/** A test for what the filter lets through. */
export function fits({ search, show, kind, tag }: WatchFilter): (status: WatchStatus) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const inShow = SHOWN[show]
  return (status) => {
    if (!inShow(status)) return false
    if (kind && status.kind !== kind) return false
    if (tag && !status.tags.includes(tag)) return false
    if (words.length === 0) return true
    const text = `${status.name}\n${status.tags.join('\n')}\n${status.target}\n${status.reason ?? ''}`
    const lower = text.toLowerCase()
    return words.every((word) => lower.includes(word))
  }
}

// Numbers within names count as numbers: "cell 9" comes before "cell 10".
const { compare } = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** The most pressing first. What is merely being checked does not move: a list that hops cannot be read. */
function urgency({ outcome, unseen, paused }: WatchStatus): number {
  if (paused) return 4
  if (outcome === 'failing') return 0
  if (unseen) return 1
  return outcome === 'new' ? 3 : 2
}

const COMPARE: Record<Sort, (a: WatchStatus, b: WatchStatus) => number> = {
  name: () => 0,
  state: (a, b) => urgency(a) - urgency(b),
  changed: (a, b) => (b.changedAt ?? 0) - (a.changedAt ?? 0),
  checked: (a, b) => (b.checkedAt ?? 0) - (a.checkedAt ?? 0),
}

/**
 * All ids in the order asked for; what is equal is ordered by name. `before` is the last answer: an order that has
 * hardly changed is found again with few comparisons.
 */
export function ranked(
  watches: Readonly<Record<string, WatchStatus>>,
  sort: Sort,
  before: readonly string[] = [],
): string[] {
  const known = new Set(before)
  const ids = before.filter((id) => watches[id] !== undefined)
  for (const id of Object.keys(watches)) if (!known.has(id)) ids.push(id)
  const by = COMPARE[sort]
  return ids.sort((a, b) => by(watches[a]!, watches[b]!) || compare(watches[a]!.name, watches[b]!.name))
}

/** The tags in use, the most used first. */
export function tagsOf(watches: Readonly<Record<string, WatchStatus>>): { tag: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const { tags } of Object.values(watches))
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return [...counts]
    .map(([tag, count]) => ({ tag, count }))
    .sort((a, b) => b.count - a.count || compare(a.tag, b.tag))
}
