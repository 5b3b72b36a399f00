import { setTimeout as sleep } from 'node:timers/promises'
import { decodeSamples, powerStream } from '../../shared/wire/streams.ts'
import { startBridge, startCtp10, writeBench } from '../support/bench-process.ts'
import { Client } from '../support/socket.ts'
import { progress, rounded } from './statistics.ts'
import { residentMiB } from '../support/memory.ts'

const READERS = 20
const POWERS_PER_S = 50
const SETTLE_MS = 5000
const MEASURE_MS = 25_000
const LOOK_EVERY_MS = 500

/**
 * One browser that opens everything and reads nothing, beside 20 that read 50 samples a second: samples that the 20 have
 * lost, together, and by how many MiB the bridge has grown at most since the one stopped reading.
 */
export async function measure(): Promise<{ lost: number; growthMiB: number }> {
  await using instrument = await startCtp10()
  const dut = {
    driver: 'instrument.exfo-ctp10',
    resource: instrument.ready.resource,
    powersPerSecond: POWERS_PER_S,
  }
  await using bridge = await startBridge(await writeBench({ devices: { dut } }))
  await sleep(1000)
  const readers = await Promise.all(Array.from({ length: READERS }, () => Reader.open(bridge.ready.url)))
  const stuck = await Reader.open(bridge.ready.url)
  await sleep(SETTLE_MS)
  const before = await residentMiB(bridge.pid)
  const rowsBefore = readers.map(({ rows }) => rows)
  stuck.stopReading()
  let most = before
  progress(`for ${MEASURE_MS / 1000} s`)
  for (let ms = 0; ms < MEASURE_MS; ms += LOOK_EVERY_MS) {
    await sleep(LOOK_EVERY_MS)
    most = Math.max(most, await residentMiB(bridge.pid))
  }
  const got = readers.map(({ rows }, i) => rows - (rowsBefore[i] ?? 0))
  progress(`the readers got ${Math.min(...got)} to ${Math.max(...got)} samples each`)
  const lost = readers.reduce((sum, reader) => sum + reader.lost, 0)
  for (const reader of [...readers, stuck]) reader.close()
  return { lost, growthMiB: rounded(most - before) }
}

class Reader {
  readonly #client: Client
  rows = 0
  /** What the bridge says it left out, and what never came though it was numbered. */
  lost = 0
  #seq = 0

  private constructor(client: Client) {
    this.#client = client
  }

  static async open(url: string): Promise<Reader> {
    const reader = new Reader(await Client.connect(url))
    const stream = powerStream('dut')
    const { socket } = reader.#client
    socket.on('stream', (name, bytes) => {
      const packet = decodeSamples(bytes)
      if (reader.#seq > 0 && packet.seq !== reader.#seq + 1) reader.lost += packet.seq - reader.#seq - 1
      reader.lost = Math.max(reader.lost, packet.dropped)
      reader.#seq = packet.seq
      reader.rows += packet.times.length
      socket.emit('stream.ack', { stream: name, seq: packet.seq })
    })
    for (const topic of ['bench', 'control', 'instrument/dut'])
      await reader.#client.call('topic.subscribe', { topic })
    await reader.#client.call('stream.open', { stream, window: 8 })
    return reader
  }

  /** As a browser whose machine has gone to sleep: the connection stands, and nothing is taken from it. */
  stopReading(): void {
    const { transport } = this.#client.socket.io.engine as unknown as {
      transport: { ws: { _socket: { pause: () => void } } }
    }
    transport.ws._socket.pause()
  }

  close(): void {
    this.#client[Symbol.dispose]()
  }
}
