import type { TraceCursor, TraceInfo } from '../../shared/traces/trace.ts'

export interface TraceFilter {
  device?: string | undefined
  search?: string | undefined
  tags?: readonly string[] | undefined
  limit: number
  before?: TraceCursor | undefined
}

interface Entry {
  info: TraceInfo
  /** All that a search looks through, in small letters. */
  text: string
}

/**
 * The traces by name and newest first, in memory rather than in SQLite: the files say what there is, so an index beside
 * them could only disagree, and ten thousand are searched here in the time one query would take to be planned.
 */
export class TraceCatalog {
  readonly #byId = new Map<string, Entry>()
  /** Newest first. */
  #order: Entry[] = []

  /** Begins with these, in any order. */
  constructor(infos: readonly TraceInfo[]) {
    this.#order = infos.map(entryOf).sort((a, b) => compare(a.info, b.info))
    for (const entry of this.#order) this.#byId.set(entry.info.id, entry)
  }

  get(id: string): TraceInfo | undefined {
    return this.#byId.get(id)?.info
  }

  /** Adds a trace, or puts it in place of what it was. */
  put(info: TraceInfo): void {
    this.delete(info.id)
    const entry = entryOf(info)
    this.#byId.set(info.id, entry)
    this.#order.splice(this.#firstAfter(info), 0, entry)
  }

  delete(id: string): void {
    const entry = this.#byId.get(id)
    if (!entry) return
    this.#byId.delete(id)
    this.#order.splice(this.#order.indexOf(entry), 1)
  }

  /** The newest that fit the filter, newest first. */
  list({ device, search, tags, limit, before }: TraceFilter): TraceInfo[] {
    const words = search?.toLowerCase().split(/\s+/).filter(Boolean) ?? []
    const found: TraceInfo[] = []
    for (let i = before ? this.#firstAfter(before) : 0; i < this.#order.length; i++) {
      const { info, text } = this.#order[i]!
      if (device !== undefined && info.device !== device) continue
      if (tags?.some((tag) => !info.tags?.includes(tag))) continue
      if (!words.every((word) => text.includes(word))) continue
      found.push(info)
      if (found.length === limit) break
    }
    return found
  }

  /** Every tag and how many traces have it, the most used first. */
  tags(): { tag: string; count: number }[] {
    const counts = new Map<string, number>()
    for (const { info } of this.#order) {
      for (const tag of info.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1)
    }
    return [...counts]
      .map(([tag, count]) => ({ tag, count }))
      .sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag))
  }

  /** Where the first entry stands that comes after this place in the list. */
  #firstAfter(place: TraceCursor): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(this.#order[middle]!.info, place) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Newest first; of one millisecond, by name. */
function compare(a: TraceCursor, b: TraceCursor): number {
  return b.takenAt - a.takenAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function entryOf(info: TraceInfo): Entry {
  const { id, name, label, notes, device, channel, tags, instrument, settings, takenAt } = info
  const text = [
    name,
    label,
    notes,
    device,
    `channel ${channel}`,
    ...(tags ?? []),
    ...Object.values(instrument ?? {}),
    ...Object.entries(settings ?? {}).flat(),
    new Date(takenAt).toISOString(),
    id,
  ]
  return { info, text: text.join('\n').toLowerCase() }
}
