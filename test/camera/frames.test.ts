import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InputOf } from '../../shared/commands.ts'
import { decodeFrameHeader, type FrameHeader } from '../../shared/camera/frame-header.ts'
import { decodePicture, type Samples } from '../../web/camera/measure/decode.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childrenOf } from '../support/children.ts'
import { Client } from '../support/socket.ts'
import { until } from '../sfu/media-rig.ts'

const CAMERA = 'slide'
const [width, height] = [640, 480]
const FRAME_BYTES = width * height * 2
let bridge: Awaited<ReturnType<typeof startBridge>>

beforeAll(async () => {
  const camera = { driver: 'camera.sim', width, height, fps: 30, seed: 5, pixelSizeUm: 0.325 }
  bridge = await startBridge(await writeBench({ devices: { [CAMERA]: camera } }))
  using client = await Client.connect(bridge.ready.url)
  await ready(client)
}, 60_000)

afterAll(() => bridge.end())

async function ready(client: Client): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const { snapshot } = await client.call('topic.read', { topic: `camera/${CAMERA}` })
    if ((snapshot as { lifecycle: { phase: string } }).lifecycle.phase === 'ready') return
    await sleep(50)
  }
  throw new Error('the camera does not open')
}

/** One who watches as the page does. */
class Watcher implements Disposable {
  readonly client: Client
  readonly headers: FrameHeader[] = []
  readonly pictures = new Map<number, Samples>()
  acknowledges = true

  private constructor(client: Client) {
    this.client = client
    client.socket.on('stream', (name, packet, body) => {
      const header = decodeFrameHeader(packet)
      this.headers.push(header)
      // Some are kept: hundreds would be as many megabytes.
      if (this.pictures.size < 40) {
        this.pictures.set(header.number, decodePicture(header, new Uint8Array(body as Uint8Array)).samples)
      }
      if (this.acknowledges) client.socket.emit('stream.ack', { stream: name, seq: header.seq })
    })
  }

  static async open(request: Partial<InputOf<'frames.open'>> = {}, acknowledges = true): Promise<Watcher> {
    const watcher = new Watcher(await Client.connect(bridge.ready.url))
    watcher.acknowledges = acknowledges
    await watcher.client.call('frames.open', { camera: CAMERA, ...request })
    return watcher
  }

  get newest(): FrameHeader | undefined {
    return this.headers.at(-1)
  }

  has(frames: number): Promise<unknown> {
    return until(() => this.headers.length >= frames, 30_000)
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]()
  }
}

/** The WebSocket under a client, to stop reading from. */
function wireOf({ socket }: Client): { pause(): void; resume(): void } {
  return (socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } }).ws
}

const dropped = ({ drops }: FrameHeader): number =>
  Object.values(drops).reduce((all, count) => all + count, 0)

/** Every frame that the camera made between two that came was counted where it was dropped. */
function expectNothingUncounted({ headers }: Watcher): void {
  for (const [i, header] of headers.slice(1).entries()) {
    const before = headers[i]!
    expect({ frame: header.number, missing: header.number - before.number - 1 }).toEqual({
      frame: header.number,
      missing: dropped(header) - dropped(before),
    })
  }
}

describe('frames to measure on', () => {
  it('say what they are, in numbers that rise', async () => {
    using watcher = await Watcher.open()
    await watcher.has(5)
    const [first] = watcher.headers
    expect(first).toMatchObject({
      ...{ width, height, sensorWidth: width, sensorHeight: height, stride: width * 2, step: 1 },
      ...{ bitDepth: 12, format: 'mono', compression: 'none', rawBytes: FRAME_BYTES, seq: 1 },
      ...{ exposureMs: 10, gainDb: 0, pixelSizeNm: 325 },
    })
    expect(watcher.headers.map(({ seq }) => seq)).toEqual(watcher.headers.map((_, i) => i + 1))
    expectNothingUncounted(watcher)
  })

  it('are the same pixels however they are sent: compressed, in part, and every other one', async () => {
    const region = { x: 101, y: 37, width: 303, height: 251 }
    using whole = await Watcher.open()
    using lz4 = await Watcher.open({ compression: 'lz4' })
    using zstd = await Watcher.open({ compression: 'zstd', level: 3 })
    using part = await Watcher.open({ region, step: 2 })
    const common = await until(() => {
      const others = [lz4, zstd, part].map(({ pictures }) => pictures)
      const shared = [...whole.pictures.keys()].filter((number) => others.every((each) => each.has(number)))
      return shared.length >= 3 && shared
    }, 30_000)
    for (const number of common) {
      const raw = whole.pictures.get(number)!
      expect(lz4.pictures.get(number)).toEqual(raw)
      expect(zstd.pictures.get(number)).toEqual(raw)
      const cut = Uint16Array.from({ length: 152 * 126 }, (_, i) => {
        const [x, y] = [region.x + (i % 152) * 2, region.y + Math.floor(i / 152) * 2]
        return raw[y * width + x]!
      })
      expect(part.pictures.get(number)).toEqual(cut)
    }
    expect(lz4.newest!.bodyBytes).toBeLessThan(FRAME_BYTES * 0.75)
    for (const watcher of [whole, lz4, zstd, part]) expectNothingUncounted(watcher)
  })

  it('come to others while one never acknowledges, and to that one again after 2 s', async () => {
    using silent = await Watcher.open({ window: 3 }, false)
    using alone = await Watcher.open({ window: 2, step: 4 }, false)
    using other = await Watcher.open()
    await silent.has(3)
    const begun = performance.now()
    await other.has(silent.headers.length + 20)
    if (performance.now() - begun < 1500) expect(silent.headers).toHaveLength(3)
    await silent.has(5)
    await alone.has(3)
    // The newest waited for it, and those before were counted.
    expect(silent.headers[3]!.drops.replaced).toBeGreaterThan(0)
    expect(silent.headers[3]!.number).toBeGreaterThan(silent.headers[2]!.number + 10)
    expect(other.newest!.drops).toMatchObject({ replaced: 0, link: 0 })
    // What nobody could have taken was never packed.
    expect(alone.newest!.drops.credit).toBeGreaterThan(10)
    for (const watcher of [silent, alone, other]) expectNothingUncounted(watcher)
  })

  it('come no faster than asked for, and are counted', async () => {
    using watcher = await Watcher.open({ maxFps: 12 })
    await watcher.has(6)
    const [first, last] = [watcher.headers[1]!, watcher.headers[5]!]
    // Four periods; a busy machine makes it slower, never faster.
    expect(last.madeAt - first.madeAt).toBeGreaterThan((3.7 * 1000) / 12)
    expect(last.drops.throttled).toBeGreaterThan(0)
    using quick = await Watcher.open()
    await quick.has(10)
    expectNothingUncounted(watcher)
    expectNothingUncounted(quick)
  })

  it('change under way, keeping what was dropped', async () => {
    using watcher = await Watcher.open({ maxFps: 10 })
    await watcher.has(3)
    const before = dropped(watcher.newest!)
    const region = { x: 0, y: 0, width: 64, height: 32 }
    const answer = await watcher.client.call('frames.change', { camera: CAMERA, region, maxFps: null })
    expect(answer).toEqual({ region, step: 1, maxFps: null, compression: 'none', level: 1 })
    const cut = await until(() => watcher.headers.find((header) => header.width === 64), 10_000)
    expect(cut).toMatchObject({ height: 32, sensorWidth: width })
    expect(dropped(cut)).toBeGreaterThanOrEqual(before)
    await watcher.client.call('frames.close', { camera: CAMERA })
    const left = watcher.headers.length
    await sleep(300)
    expect(watcher.headers.length).toBeLessThanOrEqual(left + 1)
  })

  it('are refused with what is wrong, and what was open stays', async () => {
    using watcher = await Watcher.open()
    const beyond = { x: 600, y: 0, width: 41, height: 10 }
    const { client } = watcher
    await expect(client.call('frames.change', { camera: CAMERA, region: beyond })).rejects.toThrow(
      'a region of 41x10 at 600, 0 reaches beyond the 640x480 of slide',
    )
    await expect(client.call('frames.change', { camera: CAMERA, step: 3 as never })).rejects.toThrow('step')
    using fresh = await Client.connect(bridge.ready.url)
    await expect(fresh.call('frames.change', { camera: CAMERA, step: 2 })).rejects.toThrow(
      'no frames of slide are open on this connection: call frames.open',
    )
    const so_far = watcher.headers.length
    await watcher.has(so_far + 5)
    expect(watcher.newest).toMatchObject({ width, height })
  })

  it('are packed in eight ways at most', async () => {
    const watchers: Watcher[] = []
    try {
      const open = (x: number): Promise<Watcher> =>
        Watcher.open({ region: { x, y: 0, width: 16, height: 16 }, maxFps: 1 })
      for (let x = 0; x < 8; x++) watchers.push(await open(x))
      await expect(open(9)).rejects.toMatchObject({ code: 'device.busy' })
      watchers.push(await open(3))
      watchers.shift()![Symbol.dispose]()
      watchers.push(await until(() => open(10).catch(() => undefined) as never, 5000))
    } finally {
      for (const watcher of watchers) watcher[Symbol.dispose]()
    }
  })
})

describe('a link that takes nothing', () => {
  it('costs the bridge a few frames of memory and no more, and others nothing', async () => {
    using other = await Watcher.open()
    await other.has(10)
    const memory = async (): Promise<number> =>
      (await other.client.call('diagnostics.read', {})).bridge.memoryMiB
    const before = await memory()
    const stuck = await Promise.all([1, 2, 3].map(() => Watcher.open({ window: 16 }, false)))
    try {
      for (const { client } of stuck) {
        await until(() => client.socket.connected)
        wireOf(client).pause()
      }
      const seen = other.headers.length
      await other.has(seen + 60)
      // 60 frames to three of them would be 110 MB.
      expect((await memory()) - before).toBeLessThan(60)
      expectNothingUncounted(other)
      // Once it reads again, it learns what it missed.
      const [again] = stuck
      again!.acknowledges = true
      wireOf(again!.client).resume()
      await until(() => again!.headers.some(({ drops }) => drops.link > 10), 20_000)
      expectNothingUncounted(again!)
    } finally {
      for (const watcher of stuck) watcher[Symbol.dispose]()
    }
  }, 60_000)
})

it('go on when the camera’s process dies', async () => {
  using watcher = await Watcher.open()
  await watcher.has(5)
  const [camera] = (await childrenOf(bridge.pid)).filter(({ command }) => command.includes('host.ts'))
  process.kill(camera!.pid, 'SIGKILL')
  const last = watcher.newest!.madeAt
  await until(() => watcher.headers.filter(({ madeAt }) => madeAt > last + 100).length > 5, 30_000)
  expect(watcher.newest!.number).toBeLessThan(10_000)
})
