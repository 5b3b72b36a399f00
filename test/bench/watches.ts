import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Program } from '../support/process.ts'
import { Client } from '../support/socket.ts'
import type { LoopDelay } from './loop-delay.ts'
import { median, progress, rounded } from './statistics.ts'
import { type Smoothness, smoothnessOf } from './smoothness.ts'

const WATCHES = 1000
const BROWSERS = 10
const POWERS_PER_S = 50
const CHANNELS = 4
const SETTLE_MS = 3000
const MEASURE_MS = 10_000
/** Each watch is checked so often: ten times a second, and once. */
const EVERY_S = [1, 0.1]

interface Counted {
  changes: number
  patches: number
  bytes: number
  delays: number[]
  gaps: number
}

/**
 * 1,000 watches of an instrument's powers, each checked ten times a second and changed each time, followed by 10 browsers
 * in a process of their own: changes a second that each of them gets, the bridge's CPU (% of one core) and how late its
 * loop is, and how long a check that is over takes to be in another browser. Then the list is opened in Chromium besides:
 * how smooth that page is meanwhile.
 */
export async function measure(): Promise<{
  perSecond: number
  cpuPercent: number
  loopDelayP99Ms: number
  delayP50Ms: number
  kBPerSecond: number
  page: Smoothness
}> {
  await using instrument = await startCtp10()
  const dut = {
    driver: 'instrument.exfo-ctp10',
    resource: instrument.ready.resource,
    powersPerSecond: POWERS_PER_S,
  }
  const bench = await writeBench({ devices: { dut } })
  await using bridge = await startBridge(bench, 0, [
    '--import',
    fileURLToPath(new URL('./loop-delay.ts', import.meta.url)),
  ])
  const { url } = bridge.ready
  using client = await Client.connect(url)
  await using pages = await Program.start('test/bench/watches-pages.ts', [url, String(BROWSERS)], isFollowing)
  let result
  let page: Smoothness | undefined
  for (const everyS of EVERY_S) {
    progress(`${WATCHES} watches, each every ${everyS} s`)
    const ids = await makeWatches(client, everyS)
    await sleep(SETTLE_MS)
    pages.child.stdin?.write('begin\n')
    bridge.child.kill('SIGUSR2')
    await sleep(MEASURE_MS)
    bridge.child.kill('SIGUSR2')
    pages.child.stdin?.write('end\n')
    const loop = await said<{ loopDelay: LoopDelay }>(bridge.output, '{"loopDelay"')
    const { counted } = await said<{ counted: Counted }>(pages.output, '{"counted"')
    bridge.output.length = pages.output.length = 0
    const { snapshot } = await client.call('topic.read', { topic: 'watches' })
    progress(
      `${counted.patches / BROWSERS / (MEASURE_MS / 1000)} patches a second each, ${counted.gaps} gaps; loop ${JSON.stringify(loop.loopDelay)}; queue ${JSON.stringify({ ...snapshot, events: undefined })}`,
    )
    if (counted.gaps > 0) throw new Error('a browser has lost patches')
    result = {
      perSecond: rounded(counted.changes / BROWSERS / (MEASURE_MS / 1000)),
      cpuPercent: rounded(loop.loopDelay.cpuPercent),
      loopDelayP99Ms: rounded(loop.loopDelay.p99Ms),
      delayP50Ms: rounded(median(counted.delays)),
      kBPerSecond: rounded(counted.bytes / BROWSERS / 1000 / (MEASURE_MS / 1000)),
    }
    progress(JSON.stringify(result))
    if (everyS === EVERY_S.at(-1)) page = await smoothnessOf(`${url}#/watches`, SETTLE_MS, MEASURE_MS)
    await client.call('watch.remove', { ids })
  }
  if (!result || !page) throw new Error('nothing was measured')
  return { ...result, page }
}

function isFollowing(line: string): true | undefined {
  return line.startsWith('{"following"') ? true : undefined
}

async function makeWatches(client: Client, everyS: number): Promise<string[]> {
  const watches = Array.from({ length: WATCHES }, (_, n) => ({
    name: `power ${n}`,
    schedule: { everyS },
    what: {
      kind: 'reading',
      device: 'dut',
      source: { from: 'power', channel: 1 + (n % CHANNELS) },
      condition: { is: 'outside', min: -300, max: 100 },
    },
  }))
  const { added } = await client.call('watch.import', { text: JSON.stringify({ watches }), paused: false })
  return added
}

async function said<T>(output: readonly string[], begins: string): Promise<T> {
  for (let n = 0; n < 200; n++) {
    const line = output.find((each) => each.startsWith(begins))
    if (line) return JSON.parse(line) as T
    await sleep(50)
  }
  throw new Error(`nobody said ${begins}`)
}
