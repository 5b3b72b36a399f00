import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { routerCodecs, rtpStream } from '../../bridge/sfu/codecs.ts'
import { inDialect } from '../../bridge/sfu/dialect.ts'
import type { Live } from '../../bridge/sfu/ingest.ts'
import { tapRtp } from '../../bridge/sfu/tap.ts'
import { Workers } from '../../bridge/sfu/worker.ts'
import { log, until } from '../sfu/media-rig.ts'

/** What mediasoup knows a key frame of H.264 by. */
const SPS = 0x67

let workers: Workers
let live: Live
let sending: NodeJS.Timeout

/** A camera that sends the beginning of a key frame, 50 times a second. */
beforeAll(async () => {
  workers = await Workers.open({ host: '127.0.0.1', port: 0, workers: 1, log })
  const { worker, server } = await workers.acquire()
  const router = await worker.createRouter({ mediaCodecs: [routerCodecs.h264] })
  const transport = await router.createPlainTransport({
    ...{ listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, rtcpMux: true, comedia: true },
  })
  const rtpParameters = rtpStream('h264', { ssrc: 7, payloadType: 96 })
  const producer = await transport.produce({ kind: 'video', rtpParameters })
  live = { worker, server, router, producer }
  const socket = createSocket('udp4')
  let sequence = 0
  sending = setInterval(() => {
    const packet = Buffer.alloc(112, 0x42)
    packet.set([0x80, 0x80 | 96])
    packet.writeUInt16BE(++sequence & 0xffff, 2)
    packet.writeUInt32BE(sequence * 1800, 4)
    packet.writeUInt32BE(7, 8)
    packet[12] = SPS
    socket.send(packet, transport.tuple.localPort, '127.0.0.1')
  }, 20)
})

afterAll(() => {
  clearInterval(sending)
  workers[Symbol.dispose]()
})

it.each([
  ["the router's own", 108],
  ['another', 125],
])('sends the stream under the payload type that is asked for: %s', async (_, payloadType) => {
  const spoken = await inDialect(live, payloadType)
  expect(spoken.router === live.router).toBe(payloadType === 108)
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const packets: Buffer[] = []
  socket.on('message', (packet) => packets.push(packet))
  const tap = await tapRtp(spoken, socket.address().port)
  const media = (): Buffer[] => packets.filter((packet) => packet.readUInt32BE(8) === tap.ssrc)
  await until(() => media().length > 5)
  expect(tap.payloadType).toBe(payloadType)
  expect(new Set(media().map((packet) => packet[1]! & 0x7f))).toEqual(new Set([payloadType]))
  tap[Symbol.dispose]()
  socket.close()
})

it('keeps a router of a payload type for as long as somebody is there, and makes it anew after', async () => {
  const [one, other] = await Promise.all([inDialect(live, 126), inDialect(live, 126)])
  expect(other.router).toBe(one.router)
  const first = await tapRtp(one, 9)
  const second = await tapRtp(other, 9)
  first[Symbol.dispose]()
  expect(one.router.closed).toBe(false)
  second[Symbol.dispose]()
  expect(one.router.closed).toBe(true)
  expect((await inDialect(live, 126)).router.closed).toBe(false)
})

it('ends with the stream', async () => {
  const spoken = await inDialect(live, 127)
  live.producer.close()
  expect(spoken.router.closed).toBe(true)
  await expect(inDialect(live, 120)).rejects.toThrow()
})
