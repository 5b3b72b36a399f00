type Ids = ReadonlySet<string>

const NONE: Ids = new Set<string>()

/** None of them. */
export const noIds = (): Ids => NONE

/** All of these. */
export const allOf = (ids: Iterable<string>): Ids => new Set(ids)

/** With this one if it was not among them, else without. */
export function toggled(ids: Ids, id: string): Ids {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}

/**
 * Everything between two in the order shown becomes as the first is: chosen or not. Undefined when one of the two is
 * not shown.
 */
export function extended(ids: Ids, from: string, to: string, shown: readonly string[]): Ids | undefined {
  const [begin, end] = [shown.indexOf(from), shown.indexOf(to)].sort((a, b) => a - b)
  if (begin === undefined || end === undefined || begin < 0) return undefined
  const chosen = ids.has(from)
  const next = new Set(ids)
  for (const id of shown.slice(begin, end + 1)) {
    if (chosen) next.add(id)
    else next.delete(id)
  }
  return next
}

/** All that are shown besides those chosen elsewhere; when all of them are chosen, those elsewhere only. */
export function allToggled(ids: Ids, shown: readonly string[]): Ids {
  const every = shown.length > 0 && shown.every((id) => ids.has(id))
  const next = new Set(ids)
  for (const id of shown) {
    if (every) next.delete(id)
    else next.add(id)
  }
  return next
}
