import type { WatchEvent } from '../../../shared/watches/watch-state.ts'

/** Finds what is new among the events a topic holds. What was there before anybody looked is not. */
export class NewsReader {
  #read: Set<string> | undefined

  /** The events that were not among those read before, the oldest first. */
  read(events: Readonly<Record<string, WatchEvent>>): WatchEvent[] {
    const before = this.#read
    // The topic's numbers begin anew with the bridge; time, watch and kind do not.
    const all = Object.values(events).map((event) => ({
      event,
      key: `${event.at} ${event.watch} ${event.kind}`,
    }))
    this.#read = new Set(all.map(({ key }) => key))
    if (!before) return []
    return all
      .filter(({ key }) => !before.has(key))
      .map(({ event }) => event)
      .sort((a, b) => a.at - b.at)
  }
}
