import { applyMergePatch } from '../../shared/wire/merge-patch.ts'
import type { WatchStatus } from '../../shared/watches/watch-state.ts'
import { Client } from '../support/socket.ts'

/** So many pages follow the list of watches, in a process of their own; every second line on stdin begins and ends a measurement. */
const [url = '', count = '1'] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const DELAY_EVERY = 50

interface Counted {
  changes: number
  patches: number
  bytes: number
  delays: number[]
  gaps: number
}

let counted: Counted | undefined
const clients: Client[] = []

for (let n = 0; n < Number(count); n++) {
  const client = await Client.connect(url)
  clients.push(client)
  let state: { watches: Record<string, WatchStatus> } = { watches: {} }
  let lastRev = Infinity
  client.socket.on('patch', ({ topic, rev, patch }) => {
    if (topic !== 'watchlist') return
    const now = Date.now()
    if (counted && rev > lastRev + 1) counted.gaps += 1
    lastRev = rev
    // As a page does: what it shows is the state that comes of it. Ten in one process are the work of ten.
    if (n === 0) state = applyMergePatch(state, patch)
    if (!counted) return
    const changed = Object.values((patch as { watches: Record<string, Partial<WatchStatus>> }).watches)
    counted.patches += 1
    counted.changes += changed.length
    changed.forEach(({ checkedAt }, i) => {
      if (checkedAt !== undefined && i % DELAY_EVERY === 0) counted?.delays.push(now - checkedAt)
    })
    // All pages get the same: one measures how much it is.
    if (n === 0) counted.bytes += Buffer.byteLength(JSON.stringify(patch)) * Number(count)
  })
  const { rev, snapshot } = await client.call('topic.subscribe', { topic: 'watchlist' })
  lastRev = rev
  state = applyMergePatch(state, snapshot)
  await client.call('topic.subscribe', { topic: 'watches' })
}
console.log('{"following":true}')

process.stdin.on('data', () => {
  if (!counted) {
    counted = { changes: 0, patches: 0, bytes: 0, delays: [], gaps: 0 }
    return
  }
  console.log(JSON.stringify({ counted }))
  counted = undefined
})
process.stdin.on('end', () => process.exit(0))
