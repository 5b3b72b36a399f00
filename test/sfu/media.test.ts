import wrtc from '@roamhq/wrtc'
import { Device as Client, type types } from 'mediasoup-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import { type Media, openMedia } from '../../bridge/sfu/media.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import { alive, cameraContext, cameraTopic, caller, handler, log, simStart, until } from './media-rig.ts'

const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream, MediaStreamTrack } = wrtc
Object.assign(globalThis, {
  RTCPeerConnection,
  RTCSessionDescription,
  RTCIceCandidate,
  MediaStream,
  MediaStreamTrack,
})

let media: Media
let state: Topic<CameraState>
let cameras: Device[]

beforeEach(async () => {
  state = cameraTopic()
  cameras = []
  const topics = (id: string): Topic<CameraState> | undefined => (id === 'cam' ? state : undefined)
  media = await openMedia({
    host: '127.0.0.1',
    port: 0,
    workers: 1,
    viewersPerCamera: 2,
    log,
    cameraTopic: topics,
  })
})

afterEach(async () => {
  for (const camera of cameras) await camera[Symbol.asyncDispose]()
  const pids = media.workers()
  await media[Symbol.asyncDispose]()
  await until(() => !pids.some(alive))
})

async function open(codec: 'h264' | 'vp8'): Promise<void> {
  cameras.push(await openCamera(simStart(codec, 320, 240), cameraContext(media.publisher, state)))
  await until(() => state.value.publication)
}

const viewers = (): number => Object.keys(state.value.viewers ?? {}).length
const join = (signal?: AbortSignal) =>
  handler(media.handlers, 'camera.join')({ camera: 'cam', quality: 'full' }, caller(signal))

/** A whole viewer, as the browser's is built, and the pictures that it gets. */
async function watch(): Promise<{
  viewer: string
  pictures: () => number
  state: () => string
  restartIce: () => Promise<void>
  close: () => void
}> {
  const { handlers } = media
  const joined = await join()
  const { viewer } = joined
  const client = new Client({ handlerName: 'Chrome111' })
  await client.load({ routerRtpCapabilities: joined.routerRtpCapabilities })
  const transport = client.createRecvTransport(joined.transport as unknown as types.TransportOptions)
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    handler(handlers, 'camera.connect')({ viewer, dtlsParameters: { ...dtlsParameters } }, caller()).then(
      () => done(),
      failed,
    )
  })
  const rtpCapabilities = { ...client.recvRtpCapabilities }
  const offer = await handler(handlers, 'camera.consume')({ viewer, rtpCapabilities }, caller())
  const consumer = await transport.consume(offer as unknown as types.ConsumerOptions)
  let pictures = 0
  const sink = new wrtc.nonstandard.RTCVideoSink(consumer.track)
  sink.onframe = () => pictures++
  await handler(handlers, 'camera.resume')({ viewer }, caller())
  const close = (): void => {
    sink.stop()
    transport.close()
  }
  const restartIce = async (): Promise<void> => {
    const { iceParameters } = await handler(handlers, 'camera.restartIce')({ viewer }, caller())
    await transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters })
  }
  return { viewer, pictures: () => pictures, state: () => transport.connectionState, restartIce, close }
}

describe('the SFU', () => {
  it('shows VP8 to a viewer, lists it, and forgets it when it leaves', async () => {
    await open('vp8')
    expect(state.value.publication).toMatchObject({ generation: 1, codec: 'vp8' })
    const viewer = await watch()
    await until(() => viewer.pictures() > 3)
    // What others see of it is another name than the one that opens what it may do.
    expect(state.value.viewers).not.toHaveProperty(viewer.viewer)
    expect(Object.values(state.value.viewers ?? {})[0]).toMatchObject({
      address: 'test',
      path: expect.stringMatching(/^(udp|tcp) /),
    })
    await handler(media.handlers, 'camera.leave')({ viewer: viewer.viewer }, caller())
    expect(viewers()).toBe(0)
    viewer.close()
  })

  it('publishes H.264 again, a generation on, when the camera ends and another is opened', async () => {
    await open('h264')
    expect(state.value.publication).toMatchObject({ generation: 1, codec: 'h264' })
    const joined = await join()
    expect(joined.generation).toBe(1)
    await cameras.pop()?.[Symbol.asyncDispose]()
    expect(state.value.publication).toBe(undefined)
    expect(viewers()).toBe(0)
    await expect(join()).rejects.toMatchObject({ code: 'media.unavailable', device: 'cam' })
    await open('h264')
    expect(state.value.publication?.generation).toBe(2)
  })

  it('tells a camera when somebody begins to watch, and, when they have been gone for a while, that nobody does', async () => {
    const told: boolean[] = []
    const sending = { target: () => {}, watched: (watched: boolean) => told.push(watched) }
    const publication = media.publisher.publish('cam', 'h264', sending)
    await until(() => state.value.publication !== undefined)
    const { viewer } = await join()
    expect(told).toEqual([true])
    await handler(media.handlers, 'camera.leave')({ viewer }, caller())
    expect(told).toEqual([true])
    await until(() => told.length === 2)
    expect(told).toEqual([true, false])
    publication.close()
  })

  it('publishes again within 3 s when a worker dies, and viewers can join again', async () => {
    await open('vp8')
    const before = await watch()
    await until(() => before.pictures() > 0)
    const [pid] = media.workers()
    process.kill(pid!, 'SIGKILL')
    await until(() => state.value.publication?.generation === 2, 3000)
    expect(viewers()).toBe(0)
    const after = await watch()
    await until(() => after.pictures() > 0, 3000)
    expect(media.workers()).not.toContain(pid)
    before.close()
    after.close()
  })

  it('also publishes H.264 again when a worker dies', async () => {
    await open('h264')
    process.kill(media.workers()[0]!, 'SIGKILL')
    await until(() => state.value.publication?.generation === 2, 3000)
  })

  it('goes on showing the picture when a viewer begins ICE anew', async () => {
    await open('vp8')
    const viewer = await watch()
    await until(() => viewer.pictures() > 3)
    await viewer.restartIce()
    const before = viewer.pictures()
    await until(() => viewer.pictures() > before + 10)
    expect(viewers()).toBe(1)
    viewer.close()
  })

  it('refuses bad input and harms nobody by it', async () => {
    await open('vp8')
    const { viewer } = await join()
    const connect = handler(media.handlers, 'camera.connect')
    const consume = handler(media.handlers, 'camera.consume')
    const bad = [
      {},
      { fingerprints: [] },
      { fingerprints: [{ algorithm: 'md5', value: 'AA' }] },
      { fingerprints: [{ algorithm: 'sha-256', value: 7 }] },
      { role: 'boss', fingerprints: [] },
    ]
    for (const dtlsParameters of bad) {
      await expect(connect({ viewer, dtlsParameters }, caller())).rejects.toMatchObject({
        code: 'input.invalid',
      })
    }
    for (const rtpCapabilities of [{}, { codecs: 'all' }, { codecs: [{ kind: 'video', mimeType: 5 }] }]) {
      await expect(consume({ viewer, rtpCapabilities }, caller())).rejects.toMatchObject({
        code: 'input.invalid',
      })
    }
    const nothing = { codecs: [], headerExtensions: [] }
    await expect(consume({ viewer, rtpCapabilities: nothing }, caller())).rejects.toMatchObject({
      code: 'media.unavailable',
    })
    await expect(handler(media.handlers, 'camera.resume')({ viewer }, caller())).rejects.toMatchObject({
      code: 'input.invalid',
    })
    const good = await watch()
    await until(() => good.pictures() > 0)
    good.close()
  })

  it('lets so many watch and no more, and ends whose connection ends', async () => {
    await open('h264')
    const gone = new AbortController()
    await join(gone.signal)
    await join()
    await expect(join()).rejects.toMatchObject({ code: 'media.unavailable' })
    gone.abort()
    expect(viewers()).toBe(1)
    await join()
    await expect(
      handler(media.handlers, 'camera.join')({ camera: 'nobody', quality: 'full' }, caller()),
    ).rejects.toMatchObject({ code: 'device.unknown' })
  })
})
