import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { percentile, progress, rounded } from './statistics.ts'
import type { FromWires } from './stop-wires.ts'

const DEVICES = 20
const PRESSES = 200
/** Each lane takes 64; a few more are asked for, so that it is full. */
const WAITING = 70
/** So slow that the queues stay full for as long as is measured. */
const BYTES_PER_S = 20_000
/** Calls that one page may make at once. */
const CALLS_A_PAGE = 250

/**
 * With 20 instruments whose queues are full: the time from the emergency stop's being sent to the bridge by a viewer's
 * page until the last instrument has its stop on its wire, in ms. The way to the bridge is in it.
 */
export async function measure(): Promise<{ p50Ms: number; p99Ms: number }> {
  const wires = fork(
    fileURLToPath(new URL('stop-wires.ts', import.meta.url)),
    [String(DEVICES), String(BYTES_PER_S)],
    {
      serialization: 'advanced',
    },
  )
  try {
    const [{ ports }] = (await once(wires, 'message')) as [{ ports: number[] }]
    const devices = Object.fromEntries(
      ports.map((port, i) => [
        `dut-${i}`,
        { driver: 'instrument.exfo-ctp10', resource: `TCPIP::127.0.0.1::${port}::SOCKET`, module: 1 },
      ]),
    )
    await using bridge = await startBridge(await writeBench({ devices }))
    await sleep(3000)
    const pages = await fillQueues(bridge.ready.url)
    progress(`${DEVICES} devices, each with ${WAITING} calls waiting`)
    using viewer = await Client.connect(bridge.ready.url)
    const times: number[] = []
    for (let press = 0; press < PRESSES; press++) times.push(await pressOnce(viewer, wires))
    for (const page of pages) page[Symbol.dispose]()
    return { p50Ms: rounded(percentile(times, 0.5)), p99Ms: rounded(percentile(times, 0.99)) }
  } finally {
    wires.kill('SIGKILL')
  }
}

async function fillQueues(url: string): Promise<Client[]> {
  const pages: Client[] = []
  let calls = 0
  for (let n = 0; n < WAITING; n++) {
    for (let device = 0; device < DEVICES; device++) {
      if (calls++ % CALLS_A_PAGE === 0) pages.push(await Client.connect(url))
      pages
        .at(-1)
        ?.ask('trace.read', { device: `dut-${device}`, channel: 1 })
        .catch(() => {})
    }
  }
  await sleep(2000)
  return pages
}

async function pressOnce(viewer: Client, wires: ReturnType<typeof fork>): Promise<number> {
  const reached = new Map<number, bigint>()
  const all = Promise.withResolvers<void>()
  const hear = (message: FromWires): void => {
    if (!('device' in message)) return
    reached.set(message.device, message.atNs)
    if (reached.size === DEVICES) all.resolve()
  }
  wires.on('message', hear)
  const sentNs = process.hrtime.bigint()
  const answer = viewer.call('estop.press', {})
  await Promise.all([answer, Promise.race([all.promise, sleep(5000)])])
  wires.off('message', hear)
  if (reached.size < DEVICES)
    throw new Error(`only ${reached.size} of ${DEVICES} devices were reached within 5 s`)
  await sleep(20)
  return Number([...reached.values()].reduce((a, b) => (a > b ? a : b)) - sentNs) / 1e6
}
