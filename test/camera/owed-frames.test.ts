import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Koa from 'koa'
import { expect, it, onTestFinished } from 'vitest'
import { decodeFrameHeader, type FrameHeader } from '../../shared/camera/frame-header.ts'
import type { FrameRequest } from '../../shared/camera/frames.ts'
import type { Frame } from '../../bridge/camera/frame/frame.ts'
import { FramesPart } from '../../bridge/camera/features/frames/part.ts'
import { FrameReader } from '../../bridge/camera/features/frames/reader.ts'
import { FrameViewer } from '../../bridge/camera/features/frames/viewer.ts'
import type { PartContext } from '../../bridge/camera/frame/part.ts'
import type { FramesProtocol } from '../../bridge/camera/features/frames/bridge-part.ts'
import { Tap } from '../../bridge/camera/frame/tap.ts'
import type { Caller, Device, JpegListener } from '../../bridge/device/device.ts'
import { mjpegRoute } from '../../bridge/server/routes/mjpeg.ts'

const whole: FrameRequest = { region: null, step: 1, compression: 'none', level: 3, maxFps: null }
const frame = (number: number): Frame => ({
  ...{ width: 2, height: 2, bitDepth: 8, format: 'mono8', madeAt: number * 10, number },
  data: new Uint8Array(4).fill(number),
})

it('gives a viewer the newest frame once its stuck link has drained, though none comes after it', () => {
  const sent: FrameHeader[] = []
  const link = { stuck: true }
  const viewer = new FrameViewer(
    whole,
    4,
    { send: (header) => sent.push(decodeFrameHeader(header)), isStuck: () => link.stuck },
    () => undefined,
  )
  const none = { throttled: 0, credit: 0, packing: 0 }
  const header = (number: number): FrameHeader => ({
    ...{ seq: 0, number, madeAt: number, sensorWidth: 2, sensorHeight: 2, x: 0, y: 0, step: 1, width: 2 },
    ...{ height: 2, stride: 2, bitDepth: 8, format: 'mono', compression: 'none', split: false },
    ...{ rawBytes: 4, bodyBytes: 4, drops: { ...none, replaced: 0, link: 0 } },
  })
  for (const number of [1, 2, 3]) viewer.offer(header(number), new Uint8Array(4), none)
  viewer.resume()
  expect(sent).toEqual([])
  link.stuck = false
  viewer.resume()
  expect(sent.map(({ number, drops }) => [number, drops.link])).toEqual([[3, 2]])
  viewer.resume()
  expect(sent).toHaveLength(1)
})

it('packs the newest frame as soon as somebody can take it, though none comes after it', async () => {
  const frames = new Tap<Frame>()
  const listening = Promise.withResolvers<string>()
  const part = new FramesPart({
    frames,
    settings: () => ({}),
    send: (message: FramesProtocol['from']) => Promise.resolve(listening.resolve(message.path)),
    report: () => {},
    fail: (error: unknown) => listening.reject(error),
  } as unknown as PartContext<FramesProtocol['from']>)
  part.heard({ type: 'listen', path: join(await mkdtemp(join(tmpdir(), 'lightbench-frames-')), 'frames') })
  const first = Promise.withResolvers<FrameHeader>()
  const reader = new FrameReader(await listening.promise, {
    frame: (_, header) => first.resolve(header),
    gone: () => {},
  })
  onTestFinished(() => reader[Symbol.dispose]())
  const as = { region: null, step: 1, compression: 'none', level: 3 } as const
  part.heard({ type: 'pack', set: 1, as, maxFps: null, wanted: false })
  for (const number of [1, 2, 3]) frames.offer(frame(number))
  part.heard({ type: 'pack', set: 1, as, maxFps: null, wanted: true })
  expect(await first.promise).toMatchObject({ number: 3, drops: { credit: 2 } })
  part.heard({ type: 'close', set: 1 })
})

it('sends an MJPEG viewer that had stopped reading the newest picture, though none comes after it', async () => {
  const asked = Promise.withResolvers<JpegListener>()
  const camera = {
    jpegs: (listener: JpegListener) => {
      asked.resolve(listener)
      return () => {}
    },
  } as unknown as Device
  const route = mjpegRoute(() => camera)
  const app = new Koa()
  // The viewer goes in the middle of a picture.
  app.silent = true
  app.use(async (context) => {
    context['params'] = { id: 'eye' }
    await route.handle(context, {} as Caller, () => true)
  })
  const answer = app.callback()
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  onTestFinished(() => (server.closeAllConnections(), void server.close()))
  await once(server, 'listening')
  const viewer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void viewer.destroy())
  viewer.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')
  const show = await asked.promise
  // Far more than the buffers of both kernels hold.
  for (let i = 0; i < 3; i++) show(Buffer.alloc(32 << 20, i), i)
  show(Buffer.from('the newest'), 4)
  const seen = Promise.withResolvers<number>()
  let read = 0
  viewer.on('data', (bytes: Buffer) => {
    read += bytes.length
    if (bytes.subarray(-64).toString('latin1').includes('the newest')) seen.resolve(read)
  })
  // The first, and the newest: what lay between was left out.
  expect(await seen.promise).toBeLessThan(33 << 20)
})
