import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import type { CameraStart } from '../../bridge/camera/frame/protocol.ts'
import type { Device } from '../../bridge/device/device.ts'
import type { Publisher } from '../../bridge/device/publisher.ts'
import type { Topic } from '../../bridge/core/topic.ts'
import type { DeviceSettings } from '../../shared/camera/camera-features.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import { decodeFrameHeader, type FrameHeader } from '../../shared/camera/frame-header.ts'
import { frameRequest } from '../../shared/camera/frames.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ADDRESS, FakeCamera } from '../support/fake-camera.ts'
import { Client } from '../support/socket.ts'
import { caller, cameraContext, cameraTopic, handler, until } from '../sfu/media-rig.ts'

const LONG_MS = 20_000
const region = { x: 0, y: 0, width: 256, height: 256 }

/** Nobody watches; frames come all the same. */
const publisher: Publisher = {
  publish: () => ({ connect: async () => {}, produce: async () => '', close: () => {} }),
  receive: () => Promise.reject(new Error('nobody pushes here')),
}

function start(camera: string | undefined, settings: DeviceSettings = {}): CameraStart {
  const source = { kind: 'aravis', camera } as const
  return { source, codec: 'h264', bitrateKbps: 500, settings: { region, frameRate: 20, ...settings } }
}

/** The size that a JPEG says it has (ITU-T T.81, B.2.2). */
function jpegSize(jpeg: Uint8Array): string {
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0)
  const size = new DataView(jpeg.buffer, jpeg.byteOffset + at + 5, 4)
  return `${size.getUint16(2)}x${size.getUint16(0)}`
}

let fake: FakeCamera
beforeAll(async () => {
  fake = await FakeCamera.start()
}, 70_000)
afterAll(() => fake[Symbol.asyncDispose]())

describe('a GigE Vision camera', () => {
  let camera: Device
  let state: Topic<CameraState>
  const set = (settings: DeviceSettings): Promise<DeviceSettings> =>
    handler(camera.commands, 'camera.set')({ device: 'cam', ...settings }, caller())
  const list = () => handler(camera.commands, 'camera.features')({ device: 'cam' }, caller())
  const setNode = (name: string, value?: number | string | boolean) =>
    handler(camera.commands, 'camera.feature.set')({ device: 'cam', name, value }, caller())

  beforeAll(async () => {
    state = cameraTopic()
    camera = await openCamera(start(ADDRESS), cameraContext(publisher, state))
  }, LONG_MS)
  afterAll(() => camera[Symbol.asyncDispose]())

  it(
    'is found by its address, names what it can do, and sends frames',
    async () => {
      expect(state.value).toMatchObject({ width: 256, height: 256, bitDepth: 8, nominalFps: 20 })
      expect(state.value.features).toMatchObject({
        exposureMs: { kind: 'number', min: 0.01, max: 10_000, unit: 'ms' },
        gainDb: { kind: 'number', unit: 'steps' },
        gainAuto: { kind: 'switch' },
        trigger: { kind: 'choice', choices: ['off', 'software', 'Line0'] },
        region: { kind: 'region', width: { max: 2048, step: 2 } },
        binning: { kind: 'number', min: 1, max: 16 },
      })
      expect(state.value.features).not.toHaveProperty('whiteBalanceK')
      await until(() => (state.value.rates?.captureFps ?? 0) > 5, LONG_MS)
      expect(state.value.lostFrames).toBe(0)
    },
    LONG_MS,
  )

  it('gives its pixels to measure on, with the time by its own clock', { timeout: LONG_MS }, async () => {
    const frames: { header: FrameHeader; bytes: number; values: Set<number> }[] = []
    const subscription = camera.frames?.(frameRequest.parse({}), 4, {
      send: (header, pixels) => {
        frames.push({ header: decodeFrameHeader(header), bytes: pixels.length, values: new Set(pixels) })
      },
      isStuck: () => false,
    })
    await until(() => frames.length > 2, LONG_MS)
    subscription?.close()
    expect(frames[1]?.header).toMatchObject({ width: 256, height: 256, bitDepth: 8, compression: 'none' })
    expect(frames[1]?.bytes).toBe(256 * 256)
    expect(frames[1]?.values.size).toBeGreaterThan(16)
    expect(Number(frames[2]?.header.deviceTimestampNs)).toBeGreaterThan(
      Number(frames[1]?.header.deviceTimestampNs),
    )
  })

  it('answers what it really took, and refuses with the range what it cannot', async () => {
    // Its register counts whole microseconds.
    expect(await set({ exposureMs: 5.0004 })).toMatchObject({ exposureMs: 5 })
    await expect(set({ exposureMs: 20_000 })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('0.01 to 10000 ms'),
    })
    await expect(set({ region: { ...region, width: 257 } })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('in steps of 2 px'),
    })
    await expect(set({ region: { ...region, x: 2000 } })).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(set({ whiteBalanceK: 5000 })).rejects.toMatchObject({ code: 'device.unsupported' })
    expect(state.value.settings).toMatchObject({ exposureMs: 5, region })
  })

  it('lists its features by GenICam’s names, and sets one of them', async () => {
    const nodes = await list()
    expect(nodes.find(({ name }) => name === 'ExposureTimeAbs')).toMatchObject({
      category: 'AcquisitionControl',
      kind: 'float',
      value: 5000,
      range: { min: 10, max: 10_000_000 },
      description: 'Exposure duration, in microseconds.',
    })
    expect(await setNode('ExposureTimeAbs', 7000)).toMatchObject({ name: 'ExposureTimeAbs', value: 7000 })
    await until(() => state.value.settings?.exposureMs === 7)
    await expect(setNode('ExposureTimeAbs', 1)).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('10 to 10000000'),
    })
    await expect(setNode('NoSuchThing', 1)).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(setNode('SensorWidth', 1)).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it(
    'takes one frame for each software trigger, and says that it waits',
    async () => {
      await set({ trigger: 'software' })
      const waits = await until(() => {
        const { lastFrame } = state.value
        return lastFrame?.reason.includes('software trigger') && lastFrame
      }, LONG_MS)
      const trigger = handler(camera.commands, 'camera.trigger')
      await trigger({ device: 'cam' }, caller())
      await until(() => (state.value.lastFrame?.madeAt ?? 0) > waits.madeAt!, LONG_MS)
      await set({ trigger: 'off', exposureMs: 3000 })
      await until(() => state.value.lastFrame?.reason === 'the exposure is 3 s', LONG_MS)
      await set({ exposureMs: 10 })
      await until(() => state.value.lastFrame === undefined, LONG_MS)
      await expect(trigger({ device: 'cam' }, caller())).rejects.toMatchObject({ code: 'input.invalid' })
    },
    LONG_MS,
  )

  it(
    'sends frames of another size when its region is set, its other settings kept',
    async () => {
      const smaller = { x: 32, y: 16, width: 128, height: 96 }
      expect(await set({ region: smaller })).toMatchObject({ region: smaller })
      await until(() => state.value.width === 128 && state.value.restarting === undefined, LONG_MS)
      expect(state.value).toMatchObject({ height: 96, settings: { region: smaller, exposureMs: 10 } })
      expect(state.value.restarts ?? 0).toBe(0)
      const jpegs: Uint8Array[] = []
      const end = camera.jpegs!((jpeg) => jpegs.push(jpeg))
      const jpeg = await until(() => jpegs[0], LONG_MS)
      end()
      expect(jpegSize(jpeg)).toBe('128x96')
    },
    LONG_MS,
  )

  it(
    'sends colours, and 16 bits, when its pixel format is set',
    async () => {
      for (const [pixelFormat, bitDepth] of [
        ['BayerRG8', 8],
        ['Mono16', 16],
      ] as const) {
        await set({ pixelFormat })
        await until(() => state.value.bitDepth === bitDepth && !state.value.restarting, LONG_MS)
        await until(() => (state.value.rates?.captureFps ?? 0) > 0, LONG_MS)
        expect(state.value.settings).toMatchObject({ pixelFormat, region: { width: 128, height: 96 } })
      }
    },
    LONG_MS,
  )
})

it(
  'is found by its serial number, and one that is not there is said to be missing',
  { timeout: LONG_MS },
  async () => {
    await using _found = await openCamera(start('GV01'), cameraContext(publisher, cameraTopic()))
    const opening = openCamera(start('NO-SUCH'), cameraContext(publisher, cameraTopic()))
    await expect(opening).rejects.toMatchObject({
      code: 'camera.failed',
      message: expect.stringMatching(/no camera NO-SUCH; in sight: .*GV01/),
    })
  },
)

it('is faulted with the reason when it is unplugged, and back when it is', { timeout: 60_000 }, async () => {
  const scope = { driver: 'camera.aravis', camera: ADDRESS, settings: { region, frameRate: 20 } }
  await using bridge = await startBridge(await writeBench({ devices: { scope } }))
  using client = await Client.connect(bridge.ready.url)
  const phase = async (wanted: string): Promise<CameraState> => {
    for (;;) {
      const { snapshot } = await client.call('topic.read', { topic: 'camera/scope' })
      const seen = snapshot as unknown as CameraState
      if (seen.lifecycle.phase === wanted) return seen
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  await phase('ready')
  await fake.pull()
  const { lifecycle } = await phase('faulted')
  expect(lifecycle.reason).toContain(ADDRESS)
  fake.switchOn()
  expect((await phase('ready')).lifecycle.reason).toBe(undefined)
})
