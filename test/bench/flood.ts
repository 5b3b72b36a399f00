import { setTimeout as sleep } from 'node:timers/promises'

/** What this program is told: what to flood from now on, or nothing. */
export interface Flood {
  /** Each is asked for again and again, over so many connections at once. */
  targets: readonly { method: string; url: string; body?: string }[]
  connections: number
}

let generation = 0
let asked = 0

async function flood({ method, url, body = '{}' }: Flood['targets'][number], mine: number): Promise<void> {
  while (mine === generation) {
    const sent = method === 'POST' ? { body, headers: { 'content-type': 'application/json' } } : {}
    const signal = AbortSignal.timeout(2000)
    await fetch(url, { method, signal, ...sent })
      .then((response) => response.arrayBuffer())
      .catch(() => sleep(1))
    asked += 1
  }
}

process.on('message', ({ targets, connections }: Flood) => {
  generation += 1
  const mine = generation
  for (const target of targets) for (let n = 0; n < connections; n++) void flood(target, mine)
  process.send?.({ asked })
})
process.once('disconnect', () => process.exit())
