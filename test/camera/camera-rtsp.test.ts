import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Demuxer } from '../../bridge/camera/decode/demuxer.ts'
import { openCamera } from '../../bridge/camera/device/device.ts'
import { splitAnnexB } from '../../bridge/camera/encode/nal.ts'
import type { CameraStart } from '../../bridge/camera/frame/protocol.ts'
import type { Publisher } from '../../bridge/device/publisher.ts'
import { RtspSource } from '../support/rtsp-source.ts'
import { cameraContext, cameraTopic, until } from '../sfu/media-rig.ts'

const KEY_EVERY = 60
const ssrc = 0xabcd

function rtspStart(url: string): CameraStart {
  return { source: { kind: 'rtsp', url }, codec: 'h264', bitrateKbps: 500, settings: {} }
}

/** The NAL units that came whole in a packet of their own (RFC 6184 section 5.6), as hex. */
const wholeUnit = (packet: Buffer): string | undefined => {
  const type = packet[12]! & 0x1f
  return packet[1] !== 200 && type >= 1 && type <= 23 ? packet.subarray(12).toString('hex') : undefined
}

describe('a network camera', () => {
  it('has its H.264 passed on unchanged, decoded only for who wants pixels, and is faulted when it goes', async () => {
    await using source = await RtspSource.start(KEY_EVERY)
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const received = new Set<string>()
    socket.on('message', (packet) => {
      const unit = wholeUnit(packet)
      if (unit) received.add(unit)
    })
    let watch: (watched: boolean) => void = () => {}
    const publisher: Publisher = {
      publish: (_camera, _codec, sending) => {
        const { port } = socket.address()
        sending.target({ codec: 'h264', host: '127.0.0.1', port, ssrc, payloadType: 96 })
        watch = (watched) => sending.watched(watched)
        return { connect: async () => {}, produce: async () => '', close: () => {} }
      },
    }
    const state = cameraTopic()
    await using camera = await openCamera(rtspStart(source.url), cameraContext(publisher, state))
    expect(state.value).toMatchObject({ width: 320, height: 240, encoder: { name: 'the camera itself' } })
    expect(received.size).toBe(0)

    // The same stream, read beside the bridge: every picture that reaches the viewers is one of it, byte for byte.
    const beside = await Demuxer.open(source.url, true, new AbortController().signal)
    watch(true)
    const sent = new Set<string>()
    for (let pictures = 0; pictures < KEY_EVERY / 2; pictures++) {
      const packet = await beside.next(new AbortController().signal)
      for (const unit of splitAnnexB(packet?.data ?? new Uint8Array()))
        sent.add(Buffer.from(unit).toString('hex'))
    }
    await beside[Symbol.asyncDispose]()
    await until(() => [...received].filter((unit) => sent.has(unit)).length > 10)
    expect(state.value.rates?.encodeFps).not.toBe(0)

    const jpegs: Uint8Array[] = []
    const end = camera.jpegs?.((jpeg) => jpegs.push(jpeg))
    await until(() => jpegs.length >= 2)
    expect([...jpegs[0]!.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
    end?.()

    await source[Symbol.asyncDispose]()
    await until(() => (state.value.restarts ?? 0) > 0, 15_000)
    socket.close()
  })

  it('that is not there is named without its password, and with what to look at', async () => {
    const publisher: Publisher = { publish: () => expect.unreachable('there is nothing to publish') }
    const opening = openCamera(
      rtspStart('rtsp://admin:secret@127.0.0.1:9/camera'),
      cameraContext(publisher, cameraTopic()),
    )
    const error: unknown = await opening.catch((reason: unknown) => reason)
    expect(String(error)).not.toContain('secret')
    expect(error).toMatchObject({ code: 'camera.failed', message: expect.stringContaining('127.0.0.1:9') })
  })
})
