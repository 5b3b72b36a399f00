/** Something that is wrong with a data folder. */
export interface Finding {
  /** Names the file. */
  what: string
  /** What to do about it. */
  remedy: string
}

/** What one look found: what is in order, in words for people, and what is not. */
export interface CheckReport {
  inOrder: string[]
  wrong: Finding[]
}

const MOST_NAMED = 5

/** Many of a kind as one finding, which names the first of them; none is none. */
export function several(names: readonly string[], what: string, remedy: string): Finding[] {
  if (names.length === 0) return []
  const named = names.slice(0, MOST_NAMED).join(', ')
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return [{ what: `${what}: ${named}${more}`, remedy }]
}
