import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { io } from 'socket.io-client'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask, type Headers, setUp, signIn, signedIn } from '../support/people.ts'
import { Client } from '../support/socket.ts'
import { percentile, progress, rounded } from './statistics.ts'
import type { FromWires } from './stop-wires.ts'
import type { Strangers, StrangersDid } from './stranger-flood.ts'

const IDLE = 2000
const FLOODS = 20
/** Each flood asks over so many connections at once, and as soon as it has an answer again. */
const CONNECTIONS = 8
const DEVICES = 2
const BYTES_PER_S = 1_000_000
const PRESSES = 200
const EVERY_MS = 50
const PAGES = 10
const PAGE_MS = 5000
const SETTLE_MS = 3000
const PERSON = '127.0.0.1'
const ELSEWHERE = '127.0.0.2'

/**
 * With 2000 connections that strangers leave idle, 10 floods of bodies and 10 of refused calls, half of them from the
 * address of the people who are signed in: bytes of the audit for each refusal; the time from the emergency stop's being
 * sent by a viewer's page until every instrument has its stop on its wire, in ms; and whether new pages of somebody who
 * is signed in open, from that address and from another.
 */
export async function measure(): Promise<{
  auditBytesPerRefusal: number
  stopP99Ms: number
  stopMaxMs: number
  newPageOk: boolean
}> {
  const wires = child('stop-wires.ts', [String(DEVICES), String(BYTES_PER_S)])
  const strangers: ChildProcess[] = []
  try {
    const [{ ports }] = (await once(wires, 'message')) as [{ ports: number[] }]
    const devices = Object.fromEntries(
      ports.map((port, i) => [
        `dut-${i}`,
        { driver: 'instrument.exfo-ctp10', resource: `TCPIP::127.0.0.1::${port}::SOCKET`, module: 1 },
      ]),
    )
    const file = await writeBench({ server: { localRole: 'none' }, media: { port: 0, workers: 1 }, devices })
    const bridge = await startBridge(file)
    const { url, port } = bridge.ready
    const admin = await setUp(url, bridge.output)
    const person = await signedIn(url, admin, 'vera', 'viewer')
    const page = await Client.connect(url, person)
    await Promise.all(ports.map((_, i) => ready(url, person, `dut-${i}`)))
    for (const told of programs(port)) strangers.push(begin(told))
    await sleep(SETTLE_MS)
    const times: number[] = []
    const opened: boolean[] = []
    const pages = (async () => {
      for (let i = 0; i < PAGES; i++) {
        for (const from of [PERSON, ELSEWHERE]) opened.push(await opens(url, person, from))
      }
    })()
    for (let press = 0; press < PRESSES; press++) times.push(await pressOnce(page, wires))
    await pages
    const did = await Promise.all(strangers.map(report))
    const refused = did.reduce((sum, each) => sum + each.refused, 0)
    const most = did.reduce((sum, each) => sum + each.opened, 0)
    progress(
      `${refused} refusals, ${most} connections, ${opened.filter(Boolean).length} of ${opened.length} pages`,
    )
    for (const each of strangers) each.kill('SIGKILL')
    page[Symbol.dispose]()
    // What was counted is written when the minute is over, or the bridge ends.
    await bridge.end()
    const bytes = await auditBytes(file)
    return {
      auditBytesPerRefusal: Math.round((bytes / refused) * 1000) / 1000,
      stopP99Ms: rounded(percentile(times, 0.99)),
      stopMaxMs: rounded(Math.max(...times)),
      newPageOk: opened.every(Boolean),
    }
  } finally {
    for (const each of [wires, ...strangers]) each.kill('SIGKILL')
  }
}

/**
 * What each program of strangers does. Half of the floods come from where people are, the others each from an address
 * of its own. They are few programs: on one machine with the bridge they take its processors, which strangers do not.
 */
function programs(port: number): Strangers[][] {
  const idle = { port, address: PERSON, what: 'idle' as const, connections: IDLE }
  const flooding = (what: 'calls' | 'bodies'): Strangers[] =>
    Array.from({ length: FLOODS / 2 }, (_, i) => ({
      ...{ port, what, connections: CONNECTIONS },
      address: i % 2 === 0 ? PERSON : `127.0.1.${i}`,
    }))
  return [[idle], flooding('calls'), flooding('bodies')]
}

function child(file: string, args: string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, { serialization: 'advanced' })
}

function begin(told: Strangers[]): ChildProcess {
  const program = child('stranger-flood.ts')
  program.send(told)
  return program
}

async function report(program: ChildProcess): Promise<StrangersDid> {
  program.send('report')
  const [did] = (await once(program, 'message')) as [StrangersDid]
  return did
}

async function ready(url: string, person: Headers, device: string): Promise<void> {
  for (;;) {
    const { snapshot } = await ask(url, person, 'topic.read', { topic: `instrument/${device}` })
    if ((snapshot['lifecycle'] as { phase: string }).phase === 'ready') return
    await sleep(100)
  }
}

async function pressOnce(page: Client, wires: ChildProcess): Promise<number> {
  const reached = new Map<number, bigint>()
  const all = Promise.withResolvers<void>()
  const hear = (message: FromWires): void => {
    if (!('device' in message)) return
    reached.set(message.device, message.atNs)
    if (reached.size === DEVICES) all.resolve()
  }
  wires.on('message', hear)
  const sentNs = process.hrtime.bigint()
  const answer = page.call('estop.press', {})
  await Promise.all([answer, Promise.race([all.promise, sleep(PAGE_MS)])])
  wires.off('message', hear)
  if (reached.size < DEVICES)
    throw new Error(`only ${reached.size} of ${DEVICES} devices were reached within ${PAGE_MS} ms`)
  await sleep(EVERY_MS)
  return Number([...reached.values()].reduce((a, b) => (a > b ? a : b)) - sentNs) / 1e6
}

/** As a browser opens a page: its file, and then its connection, over which it says hello. */
async function opens(url: string, person: Headers, from: string): Promise<boolean> {
  const asking = get(`${url}/`, { headers: person, localAddress: from, agent: false, timeout: PAGE_MS })
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>
  const socket = io(url, {
    ...{ transports: ['websocket'], reconnection: false, forceNew: true, timeout: PAGE_MS },
    ...{ extraHeaders: person, localAddress: from },
  })
  try {
    const [answer] = await answered
    let text = ''
    for await (const part of answer) text += String(part)
    const hello = (await socket.timeout(PAGE_MS).emitWithAck('session.hello', {})) as { ok: boolean }
    return answer.statusCode === 200 && text.includes('<html') && hello.ok
  } catch (error) {
    progress(`a page from ${from} did not open: ${String(error)}`)
    return false
  } finally {
    socket.disconnect()
  }
}

/** Of what the audit has of strangers, as it is exported. */
async function auditBytes(file: string): Promise<number> {
  await using bridge = await startBridge(file)
  const { url } = bridge.ready
  const admin = await signIn(url, 'root-admin')
  const lines = await ask(url, admin, 'audit.read', { who: 'nobody', limit: 1000 })
  return Buffer.byteLength(JSON.stringify(lines))
}
