import { PowerFeed } from '../../instrument/power.svelte.ts'

const feeds = new Map<string, { feed: PowerFeed; users: number }>()

/** The powers of an instrument, one stream however many tiles show them; `close` ends a tile's use of it. */
export function usePowers(device: string): { feed: PowerFeed; close: () => void } {
  const known = feeds.get(device) ?? { feed: new PowerFeed(device), users: 0 }
  feeds.set(device, known)
  known.users += 1
  let used = true
  return {
    feed: known.feed,
    close() {
      if (!used) return
      used = false
      known.users -= 1
      if (known.users > 0) return
      known.feed.close()
      feeds.delete(device)
    },
  }
}
