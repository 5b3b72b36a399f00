import { setTimeout as sleep } from 'node:timers/promises'
import type { Lifecycle } from '../../shared/wire/device.ts'
import { sceneSource, type SceneSource } from '../../bridge/camera/kinds/scene/source.ts'
import { startBridge, writeBench } from './bench-process.ts'
import { startGrbl } from './grbl-wire.ts'
import { Client } from './socket.ts'

const BEAT_MS = 250
const READY_MS = 20_000
/** The controller's middle is 0 degrees. */
const PAN = { axis: 'X', zeroMm: -100, min: -95, max: 95 }
const TILT = { axis: 'Y', zeroMm: -50, min: -45, max: 45 }

/** A bench with a simulated turret and the camera on it, somebody who operates it, and what only the simulators know. */
export async function startScene(
  scene: Record<string, unknown> = {},
  {
    laser = {},
    sight = {},
    grbl = [],
    bench = {},
    devices = {},
    interlocks = [],
  }: {
    laser?: Record<string, unknown>
    sight?: Record<string, unknown>
    grbl?: string[]
    bench?: Record<string, unknown>
    /** Those that the turret needs closed. */
    interlocks?: string[]
    /** Besides the turret and its camera. */
    devices?: Record<string, unknown>
  } = {},
) {
  const opening = new AsyncDisposableStack()
  try {
    const sim = opening.use(await startGrbl(['--world', '0', '--from-home', '5,5', ...grbl]))
    const source = {
      ...{ world: `127.0.0.1:${sim.world}`, pan: { zeroMm: PAN.zeroMm }, tilt: { zeroMm: TILT.zeroMm } },
      ...scene,
    }
    const file = await writeBench({
      ...bench,
      devices: {
        turret: { driver: 'turret.grbl', resource: sim.resource, pan: PAN, tilt: TILT, laser, interlocks },
        eye: { driver: 'camera.scene', ...source },
        ...devices,
      },
      sights: { turret: { camera: 'eye', ...sight } },
    })
    let bridge = await startBridge(file)
    opening.defer(async () => void (await bridge.end()))
    const client = opening.use(await Client.operate(bridge.ready.url))
    const beat = (): void => void client.ask('lease.beat', { active: true }).catch(() => {})
    const beating = setInterval(beat, BEAT_MS)
    opening.defer(() => clearInterval(beating))
    for (const topic of ['turret/turret', 'camera/eye']) {
      const until = performance.now() + READY_MS
      const phase = async () =>
        ((await client.call('topic.read', { topic })).snapshot as { lifecycle: Lifecycle }).lifecycle
      for (let now = await phase(); now.phase !== 'ready'; now = await phase()) {
        if (performance.now() > until) throw new Error(`${topic} is ${now.phase}: ${now.reason ?? ''}`)
        await sleep(50)
      }
    }
    const open = opening.move()
    return {
      ...{ client, sim },
      get bridge() {
        return bridge
      },
      /** Begins the bridge anew, on the same port and with the same data; `client` is not connected any more. */
      restart: async (signal: NodeJS.Signals = 'SIGTERM') => {
        clearInterval(beating)
        await bridge.end(signal)
        bridge = await startBridge(file, bridge.ready.port)
      },
      source: { kind: 'scene', ...sceneSource.parse(source) } satisfies SceneSource,
      /** As the topic has it now. */
      turret: async () => (await client.call('topic.read', { topic: 'turret/turret' })).snapshot,
      endBeat: () => clearInterval(beating),
      [Symbol.asyncDispose]: () => open.disposeAsync(),
    }
  } catch (error) {
    await opening.disposeAsync()
    throw error
  }
}
