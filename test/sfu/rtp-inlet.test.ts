import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Media } from '../../bridge/sfu/media.ts'
import type { Tap } from '../../bridge/device/publisher.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import cameraRtp from '../../bridge/camera/kinds/pushed/rtp-source.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import { cameraContext, cameraTopic, openMediaFor, until } from './media-rig.ts'

const SPS = 7

let media: Media
let state: Topic<CameraState>
let camera: Device
let sources: ChildProcess[]
let rtcpPort: number

beforeEach(async () => {
  sources = []
  state = cameraTopic()
  media = await openMediaFor(state)
  rtcpPort = await freePort()
  const config = cameraRtp.config.parse({ port: 0, rtcpPort })
  camera = await cameraRtp.open(config, cameraContext(media.publisher, state))
})

afterEach(async () => {
  for (const source of sources) await end(source)
  await camera[Symbol.asyncDispose]()
  await media[Symbol.asyncDispose]()
})

async function end(source: ChildProcess): Promise<void> {
  if (source.exitCode !== null || source.signalCode !== null) return
  const gone = once(source, 'exit')
  source.kill('SIGKILL')
  await gone
}

/** GStreamer with a key frame at its beginning and then only when it is asked for one. */
function push(): ChildProcess {
  const to = `host=127.0.0.1 port=${portOf()}`
  const pipeline = `rtpbin name=r rtp-profile=avpf
    videotestsrc is-live=true pattern=ball ! video/x-raw,width=160,height=120,framerate=30/1
    ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000 bitrate=500
    ! video/x-h264,profile=constrained-baseline ! rtph264pay pt=104 config-interval=-1 ! r.send_rtp_sink_0
    r.send_rtp_src_0 ! udpsink ${to}
    r.send_rtcp_src_0 ! udpsink ${to} sync=false async=false
    udpsrc port=${rtcpPort} ! r.recv_rtcp_sink_0`
  const source = spawn('gst-launch-1.0', ['-q', ...pipeline.trim().split(/\s+/)], { stdio: 'inherit' })
  sources.push(source)
  return source
}

const portOf = (): number => Number(state.value.inlet?.at.split(':')[1])

/** A UDP port that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

async function listen(): Promise<{ socket: Socket; port: number; packets: Buffer[] }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const packets: Buffer[] = []
  socket.on('message', (packet) => packets.push(packet))
  return { socket, port: socket.address().port, packets }
}

/** The types of the NAL units at the beginning of packets, also of those in STAP-A and FU-A (RFC 6184 section 5.4). */
function unitTypes(packets: readonly Buffer[]): number[] {
  return packets
    .filter((packet) => packet[1]! < 192 || packet[1]! > 223)
    .map((packet) => packet.subarray(12 + ((packet[0]! & 0x10) !== 0 ? 4 + 4 * packet.readUInt16BE(14) : 0)))
    .map((payload) => {
      const type = payload[0]! & 0x1f
      return type === 24 ? payload[3]! & 0x1f : type === 28 ? payload[1]! & 0x1f : type
    })
}

describe('a camera that is sent plain RTP', { timeout: 40_000 }, () => {
  it('passes it on, asks its source for key frames, says when it has gone, and takes the next', async () => {
    expect(state.value.inlet).toEqual({ way: 'rtp', at: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
    const source = push()
    await until(() => state.value.publication, 10_000)
    expect(state.value.inlet?.by).toMatchObject({ name: 'RTP', address: '127.0.0.1', codec: 'h264' })
    const { socket, port, packets } = await listen()
    const tap: Tap = await media.tap('cam', port)
    await until(() => unitTypes(packets).includes(SPS) && packets.length > 30, 10_000)
    expect(packets.some((packet) => packet.readUInt32BE(8) === tap.ssrc)).toBe(true)
    // The source sends none by itself: once those have come that the tap's beginning asked for, there are no more.
    await until(() => {
      const enough = packets.length > 30
      const isQuiet = enough && !unitTypes(packets).includes(SPS)
      if (enough) packets.length = 0
      return isQuiet
    }, 10_000)
    await tap.wantKey()
    await until(() => unitTypes(packets).includes(SPS), 10_000)
    tap[Symbol.dispose]()
    socket.close()

    await end(source)
    await until(() => state.value.publication === undefined, 10_000)
    expect(state.value.inlet).not.toHaveProperty('by')
    push()
    await until(() => state.value.publication?.generation === 2, 10_000)
  })

  it('is not moved by what is no RTP, nor by a second sender', async () => {
    const { socket } = await listen()
    const packet = (ssrc: number): Buffer => {
      const rtp = Buffer.alloc(40)
      rtp[0] = 0x80
      rtp[1] = 96
      rtp.writeUInt32BE(ssrc, 8)
      return rtp
    }
    for (const bad of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(2000, 0xff), packet(0)])
      socket.send(bad, portOf(), '127.0.0.1')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(state.value.inlet).not.toHaveProperty('by')
    socket.send(packet(7), portOf(), '127.0.0.1')
    await until(() => state.value.publication)
    socket.send(packet(8), portOf(), '127.0.0.1')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(state.value.publication?.generation).toBe(1)
    socket.close()
  })

  it('begins again when the worker that takes it dies', async () => {
    push()
    await until(() => state.value.publication, 10_000)
    process.kill(media.workers()[0]!, 'SIGKILL')
    await until(() => state.value.publication?.generation === 2, 10_000)
  })
})
