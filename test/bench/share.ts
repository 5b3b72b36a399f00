import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { decodeSamples, powerStream } from '../../shared/wire/streams.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import type { FromScript } from './share-script.ts'
import { median, progress, rounded } from './statistics.ts'

const ROUNDS = 5
const ROUND_MS = 1500
const BROWSERS = 4
/** What a query on an instrument's LAN port takes at best; the simulator itself answers within 0.02 ms. */
const ANSWER_MS = 1
const SHARED = 'shared'

/**
 * Queries a second of a script that asks one power after the other: on an instrument itself, and on one through the
 * bridge's shared port, in turns. Meanwhile four browsers stream the powers that the bridge polls from the shared one ten
 * times a second.
 *
 * The result is of instruments that take 1 ms to answer, as real ones do at best: they have a network, a parser and a
 * measurement of their own. On the bare simulator a query is nothing but two wake-ups of a process, and whatever stands in
 * between makes four of them; what is left of the rate then, and what a forwarder of Node's own with nothing in it would
 * leave, is said on stderr.
 */
export async function measure(): Promise<{ direct: number; shared: number }> {
  await measureWith(0, 5)
  return measureWith(ANSWER_MS, ROUNDS)
}

async function measureWith(answerMs: number, rounds: number): Promise<{ direct: number; shared: number }> {
  await using mine = await startCtp10()
  await using benchs = await startCtp10()
  const lan = program('share-lan.ts', [answerMs, mine.ready.port, benchs.ready.port].map(String))
  const script = program('share-script.ts')
  try {
    const [{ ports }] = (await once(lan, 'message')) as [{ ports: [number, number] }]
    const [free = 0, taken = 0] = answerMs > 0 ? ports : [mine.ready.port, benchs.ready.port]
    const resource = `TCPIP::127.0.0.1::${taken}::SOCKET`
    await using bridge = await startBridge(
      await writeBench({
        devices: { [SHARED]: { driver: 'instrument.exfo-ctp10', resource, share: { port: 0 } } },
      }),
    )
    await sleep(2000)
    const browsers = await Promise.all(
      Array.from({ length: BROWSERS }, () => Client.connect(bridge.ready.url)),
    )
    const streams = await Promise.all(browsers.map(streamPowers))
    const { snapshot } = await browsers[0]!.call('topic.read', { topic: `line/${SHARED}` })
    const { port } = (snapshot as { share: { port: number } }).share
    const direct: number[] = []
    const forwarded: number[] = []
    const shared: number[] = []
    const begun = performance.now()
    for (let round = 0; round < rounds; round++) {
      direct.push(await run(script, free))
      if (answerMs === 0) forwarded.push(await run(script, ports[0]))
      shared.push(await run(script, port))
    }
    const seconds = (performance.now() - begun) / 1000
    for (const browser of browsers) browser[Symbol.dispose]()
    const result = { direct: rounded(median(direct)), shared: rounded(median(shared)) }
    const powers = Math.min(...streams.map((stream) => stream.rows)) / seconds
    const kept = (rate: number): string => `${rounded(rate)} (${Math.round((rate / result.direct) * 100)} %)`
    progress(
      `answers after ${answerMs} ms: ${result.direct} a second, shared ${kept(result.shared)}, while each browser had ${rounded(powers)} powers a second`,
    )
    if (forwarded.length > 0) progress(`through a bare forwarder: ${kept(median(forwarded))}`)
    return result
  } finally {
    lan.kill('SIGKILL')
    script.kill('SIGKILL')
  }
}

function program(file: string, args: string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args)
}

async function run(script: ChildProcess, port: number): Promise<number> {
  const said = once(script, 'message')
  script.send({ port, ms: ROUND_MS })
  const [{ perSecond }] = (await said) as [FromScript]
  await sleep(100)
  return perSecond
}

/** Opens the stream of powers as a page does; counts what comes. */
async function streamPowers(browser: Client): Promise<{ rows: number }> {
  const stream = powerStream(SHARED)
  const counted = { rows: 0 }
  await browser.call('stream.open', { stream, window: 4 })
  browser.socket.on('stream', (name, packet) => {
    if (name !== stream) return
    const { seq, times } = decodeSamples(packet)
    if (times.length === 1) counted.rows += 1
    browser.socket.emit('stream.ack', { stream, seq })
  })
  return counted
}
