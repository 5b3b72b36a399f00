import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Server } from 'socket.io'
import type { CameraState } from '../../shared/camera/camera.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { startScene } from '../support/scene-bench.ts'
import { Client } from '../support/socket.ts'
import { progress, rounded } from './statistics.ts'

/** The old panel's full status came twice a second. */
const OLD_EVERY_MS = 500
const MEASURE_MS = 15_000
/** The old panel had ten presets, and told of them in each status. */
const PRESETS = 10
const DIRECTIONS = [
  { pan: 30, tilt: 15 },
  { pan: -30, tilt: -15 },
]
const SPEED = 20

/**
 * Bytes a second that one viewer's socket receives: of the old panel's status (all of turret, laser, crosshair,
 * calibration, tracking, presets and camera in one message, twice a second) while the turret moves, and of the turret's
 * topic at rest and in motion.
 */
export async function measure(): Promise<{ oldBps: number; restBps: number; motionBps: number }> {
  await using scene = await startScene()
  const { client, bridge } = scene
  await client.call('turret.home', { device: 'turret' })
  await client.call('turret.move', { device: 'turret', pan: 0, tilt: 0, wait: true })
  await client.call('sight.calibrate', { device: 'turret' })
  for (let i = 0; i < PRESETS; i++)
    await client.call('preset.save', { device: 'turret', name: `Preset ${i + 1}`, pan: i, tilt: -i })
  await client.call('vision.set', { device: 'eye', fps: 15, detectors: { spot: {} } })

  using viewer = await Client.connect(bridge.ready.url)
  let patches = 0
  viewer.socket.on('patch', () => (patches += 1))
  await viewer.call('topic.subscribe', { topic: 'turret/turret' })
  await sleep(1000)
  progress('at rest')
  const restBps = await bytesPerSecond(viewer)
  progress(`${patches} patches at rest`)

  await using old = await OldPanel.open(() => statusOf(client))
  using oldViewer = await Client.connect(old.url)
  const ended = new AbortController()
  const moving = toAndFro(client, ended.signal)
  await sleep(500)
  progress('in motion')
  patches = 0
  const [motionBps, oldBps] = await Promise.all([bytesPerSecond(viewer), bytesPerSecond(oldViewer)])
  progress(`${rounded((patches * 1000) / MEASURE_MS)} patches a second in motion`)
  progress(`${old.sent} statuses of ${old.bytes} bytes`)
  ended.abort()
  await moving
  return { oldBps: rounded(oldBps), restBps: rounded(restBps), motionBps: rounded(motionBps) }
}

/** What the socket's TCP connection received, WebSocket frames and heartbeats included. */
async function bytesPerSecond(client: Client): Promise<number> {
  const { transport } = client.socket.io.engine as unknown as {
    transport: { ws: { _socket: { bytesRead: number } } }
  }
  const { _socket: tcp } = transport.ws
  const before = tcp.bytesRead
  const began = performance.now()
  await sleep(MEASURE_MS)
  return ((tcp.bytesRead - before) * 1000) / (performance.now() - began)
}

async function toAndFro(client: Client, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++)
    await client.call('turret.move', {
      ...{ device: 'turret', wait: true, speed: SPEED },
      ...DIRECTIONS[i % DIRECTIONS.length],
    })
}

/** All that the old status held, from our state: the turret whole, and of the camera what its panel showed and set. */
async function statusOf(client: Client): Promise<unknown> {
  const read = async <S>(topic: string): Promise<S> =>
    (await client.call('topic.read', { topic })).snapshot as S
  const turret = await read<TurretState>('turret/turret')
  const { settings, width, height, rates, recording, vision, lifecycle } =
    await read<CameraState>('camera/eye')
  return { turret, camera: { settings, width, height, rates, recording, vision, lifecycle } }
}

/** Sends a status to whoever is connected, as the old panel did, over the same kind of socket as the bridge's. */
class OldPanel implements AsyncDisposable {
  readonly #io: Server
  readonly #timer: NodeJS.Timeout
  readonly url: string
  sent = 0
  bytes = 0

  private constructor(io: Server, url: string, status: () => Promise<unknown>) {
    this.#io = io
    this.url = url
    this.#timer = setInterval(() => {
      void status().then((message) => {
        this.sent += 1
        this.bytes = Buffer.byteLength(JSON.stringify(message))
        io.emit('status', message)
      })
    }, OLD_EVERY_MS)
  }

  static async open(status: () => Promise<unknown>): Promise<OldPanel> {
    const http = createServer()
    const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    return new OldPanel(io, `http://127.0.0.1:${(http.address() as AddressInfo).port}`, status)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#io.close()
  }
}
