import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import { canBeHalved } from '../../bridge/camera/features/half/bridge-part.ts'
import { halfPicture, halve } from '../../bridge/camera/features/half/halve.ts'
import type { Publisher, Sending } from '../../bridge/device/publisher.ts'
import { cameraContext, cameraTopic, simStart, until } from '../sfu/media-rig.ts'

describe('half quality', () => {
  it('is the mean of every four pixels, in all three planes', () => {
    const width = 4
    const height = 4
    const luma = [10, 20, 1, 1, 30, 40, 1, 1, 0, 0, 255, 255, 0, 0, 255, 255]
    const i420 = Uint8Array.from([...luma, 100, 102, 104, 106, 50, 50, 50, 52])
    const half = halfPicture(width, height)
    halve({ width, height, i420, madeAt: 0 }, half.i420)
    expect([...half.i420]).toEqual([25, 1, 0, 255, 103, 51])
  })

  it('is offered where there are pixels to spare, and where half of them still make blocks of 2x2', () => {
    expect(canBeHalved({ width: 640, height: 480 })).toBe(true)
    expect(canBeHalved({ width: 320, height: 240 })).toBe(false)
    expect(canBeHalved({ width: 1366, height: 768 })).toBe(false)
  })

  it('is encoded only while somebody watches it', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const keys: Buffer[] = []
    socket.on('message', (packet) => (packet[12]! & 0x1f) === 7 && keys.push(packet))
    let half: Sending | undefined
    const publisher: Publisher = {
      publish: (_camera, _codec, sending, quality) => {
        if (quality === 'half') half = sending
        return { connect: async () => {}, produce: async () => '', close: () => {} }
      },
    }
    await using _camera = await openCamera(
      simStart('h264', 640, 480),
      cameraContext(publisher, cameraTopic()),
    )
    const sending = await until(() => half)
    const { port } = socket.address()
    sending.target({ codec: 'h264', host: '127.0.0.1', port, ssrc: 7, payloadType: 96 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(keys).toHaveLength(0)
    sending.watched(true)
    await until(() => keys.length > 0)
    sending.watched(false)
    sending.watched(true)
    await until(() => keys.length > 1)
    socket.close()
  })
})
