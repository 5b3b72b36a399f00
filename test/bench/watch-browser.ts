import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { childrenOf } from '../support/children.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { Site } from '../support/site.ts'
import { Client } from '../support/socket.ts'
import { progress, rounded } from './statistics.ts'

const DONE_MS = 60_000

/** What a row of checks has taken. Memory in percent; `left` are processes. */
export interface Row {
  checks: number
  growthPercent: number
  left: number
  secondsPerCheck: number
}

export const measure = (): Promise<Row> => checkInARow(30, 10)

/**
 * So many checks of pages in a real browser in a row: how much more memory bridge, check process and browser take
 * afterwards than after the first ones, the least of what they take in a row of looks, and how many of their processes are
 * left when the bridge has ended. The first ones load what stays: they are no growth.
 */
export async function checkInARow(checks: number, warmUp: number): Promise<Row> {
  await using site = await Site.open({ '/': '<h1>Status</h1><p id="n">12.5</p>' })
  const bridge = await startBridge(
    await writeBench({
      server: { localRole: 'administrator' },
      watches: { pages: { allow: ['127.0.0.1'] } },
      devices: {},
    }),
  )
  const client = await Client.connect(bridge.ready.url)
  const { id } = await client.call('watch.save', {
    name: 'page',
    schedule: {},
    what: { kind: 'page', url: site.url('/'), with: 'browser', select: { css: '#n' } },
  })
  const check = async (n: number): Promise<void> => {
    await client.call('watch.check', { ids: [id] })
    for (let ms = 0; ms < DONE_MS; ms += 20) {
      const [newest] = await client.call('watch.history', { id, limit: 1 })
      if (newest?.seq === n) {
        if (newest.outcome === 'failed') throw new Error(newest.message)
        return
      }
      await sleep(20)
    }
    throw new Error(`check ${n} has not ended`)
  }
  for (let n = 1; n <= warmUp; n++) await check(n)
  const before = await memoryOf(bridge.pid)
  progress(`after ${warmUp} checks: ${JSON.stringify(before)}`)
  const begun = performance.now()
  for (let n = warmUp + 1; n <= warmUp + checks; n++) await check(n)
  const secondsPerCheck = (performance.now() - begun) / 1000 / checks
  const after = await memoryOf(bridge.pid)
  progress(`after ${checks} more: ${JSON.stringify(after)}`)
  const tree = await treeOf(bridge.pid)
  client[Symbol.dispose]()
  await bridge.end()
  await sleep(1000)
  const left = (await Promise.all(tree.map(isThere))).filter(Boolean).length
  return {
    checks,
    growthPercent: rounded((after.all / before.all - 1) * 100),
    left,
    secondsPerCheck: rounded(secondsPerCheck),
  }
}

async function treeOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid)
  return [
    ...children.map((child) => child.pid),
    ...(await Promise.all(children.map((child) => treeOf(child.pid)))).flat(),
  ]
}

/** The least of several looks, in MiB: a collection of garbage is due at some time or other. */
async function memoryOf(bridge: number): Promise<{ all: number; bridge: number; processes: number }> {
  let least = { all: Infinity, bridge: 0, processes: 0 }
  for (let looks = 0; looks < 10; looks++) {
    const own = await anonymousMiB(bridge)
    const tree = await treeOf(bridge)
    const others = await Promise.all(tree.map(anonymousMiB))
    const all = others.reduce((sum, each) => sum + each, own)
    if (all < least.all) least = { all: rounded(all), bridge: rounded(own), processes: tree.length }
    await sleep(500)
  }
  return least
}

async function anonymousMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
  return Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024
}

async function isThere(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return stat !== '' && !/\) Z /.test(stat)
}
