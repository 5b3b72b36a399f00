import { mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Role } from '../../shared/access/access.ts'
import { BEAT_MS, type ControlState } from '../../shared/control/control.ts'
import type { TurretState } from '../../shared/turret/turret.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { childOf } from '../support/children.ts'
import { startGrbl } from '../support/grbl-wire.ts'
import { ask, type Headers, setUp, signedIn, signIn } from '../support/people.ts'
import { Client } from '../support/socket.ts'
import { until } from '../support/lit-bench.ts'

export const turret = { device: 'turret' }

const PAN = { axis: 'X', zeroMm: -100, min: -95, max: 95 }
const TILT = { axis: 'Y', zeroMm: -50, min: -45, max: 45 }
/** Nothing but permission is to end a burst here. */
const LASER = { longestPulseMs: 3000, cooldownMs: 0, dutyPercent: 100 }
/** Right where the turret points: it is tracked at once. */
const TARGET = { path: 'still', centre: { pan: 1, tilt: 1 }, look: 'spot' }

/** Somebody on a page of their own. */
export class Person implements Disposable {
  readonly client: Client
  readonly page: string
  #beating: NodeJS.Timeout | undefined

  private constructor(client: Client, page: string) {
    this.client = client
    this.page = page
  }

  /** `page` is one that has been here before. */
  static async come(url: string, headers: Headers, page: string = crypto.randomUUID()): Promise<Person> {
    return new Person(await Client.connect(url, headers, page), page)
  }

  beat(): void {
    const beat = (): void => void this.client.ask('lease.beat', { active: true }).catch(() => {})
    beat()
    this.#beating ??= setInterval(beat, BEAT_MS)
  }

  /** Stays, and says nothing any more. */
  fallSilent(): void {
    clearInterval(this.#beating)
    this.#beating = undefined
  }

  async control(): Promise<ControlState> {
    return (await this.client.call('topic.read', { topic: 'control' })).snapshot as unknown as ControlState
  }

  async turret(): Promise<TurretState> {
    const { snapshot } = await this.client.call('topic.read', { topic: 'turret/turret' })
    return snapshot as unknown as TurretState
  }

  [Symbol.dispose](): void {
    this.fallSilent()
    this.client[Symbol.dispose]()
  }
}

/** A bridge in its own process, on a simulated turret in its own, with people who sign in, and interlocks. */
export class SafetyBench implements AsyncDisposable {
  readonly sim: Awaited<ReturnType<typeof startGrbl>>
  readonly file: string
  readonly door: string
  readonly #camera: boolean
  bridge: Awaited<ReturnType<typeof startBridge>>
  /** The administrator's page. */
  root!: Person
  #rootHeaders!: Headers
  /** The operator of most cases, and one who only watches. */
  ada!: Headers
  vera!: Headers

  private constructor(
    sim: SafetyBench['sim'],
    { file, door, camera, bridge }: Pick<SafetyBench, 'file' | 'door' | 'bridge'> & { camera: boolean },
  ) {
    this.sim = sim
    this.file = file
    this.door = door
    this.#camera = camera
    this.bridge = bridge
  }

  /** With the turret's camera, and a target in its middle, where they are asked for. */
  static async open({ camera = false, laser = LASER } = {}): Promise<SafetyBench> {
    await using opening = new AsyncDisposableStack()
    const sim = opening.use(await startGrbl(['--world', '0', '--from-home', '5,5']))
    const door = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'door')
    await writeFile(door, '1')
    const source = { world: `127.0.0.1:${sim.world}`, pan: { zeroMm: -100 }, tilt: { zeroMm: -50 } }
    const file = await writeBench({
      server: { localRole: 'none' },
      interlocks: {
        door: { file: { path: door } },
        key: { key: true },
        button: { key: true, emergency: true },
      },
      devices: {
        turret: {
          ...{ driver: 'turret.grbl', resource: sim.resource, pan: PAN, tilt: TILT, laser },
          interlocks: ['door', 'key'],
        },
        ...(camera ? { eye: { driver: 'camera.scene', targets: [TARGET], ...source } } : {}),
      },
      ...(camera ? { sights: { turret: { camera: 'eye' } } } : {}),
    })
    const bridge = await startBridge(file)
    opening.defer(async () => void (await bridge.end()))
    const bench = new SafetyBench(sim, { file, door, camera, bridge })
    bench.#rootHeaders = await setUp(bench.url, bridge.output)
    bench.root = await Person.come(bench.url, bench.#rootHeaders)
    bench.ada = await bench.add('ada', 'operator')
    bench.vera = await bench.add('vera', 'viewer')
    opening.move()
    return bench
  }

  get url(): string {
    return this.bridge.ready.url
  }

  /** Somebody new. */
  add(name: string, role: Role): Promise<Headers> {
    return signedIn(this.url, this.#rootHeaders, name, role)
  }

  signIn(name: string): Promise<Headers> {
    return signIn(this.url, name)
  }

  /** A script's key. */
  async token(): Promise<{ id: string; headers: Headers }> {
    const { id, secret } = await ask(this.url, this.#rootHeaders, 'token.add', {
      name: 'script',
      role: 'operator',
    })
    return { id, headers: { authorization: `Bearer ${secret}` } }
  }

  /** At once, as the kernel's own files change. */
  async setDoor(held: string): Promise<void> {
    await writeFile(`${this.door}.new`, held)
    await rename(`${this.door}.new`, this.door)
  }

  /** Begins the bridge anew on the same port; those who had a page have to come again. */
  async restart(): Promise<void> {
    await this.bridge.end('SIGKILL')
    this.root[Symbol.dispose]()
    this.bridge = await startBridge(this.file, this.bridge.ready.port)
    this.root = await Person.come(this.url, this.#rootHeaders)
  }

  opened(): Promise<void> {
    return until('it is open', async () => (await this.root.turret()).lifecycle.phase === 'ready')
  }

  /** Everything as it is to be for a burst, and the lease free. */
  async prepare(): Promise<void> {
    const { client } = this.root
    this.sim.fault('WELL')
    await client.call('lease.seize', {})
    await this.opened()
    if (this.#camera)
      for (const name of ['track.stop', 'pattern.stop'] as const) await client.call(name, turret)
    await until('nothing moves or shines', async () => {
      const { moving, laser } = await this.root.turret()
      return moving === false && laser?.emitting === false
    })
    for (const interlock of ['key', 'button']) await client.call('interlock.set', { interlock, closed: true })
    if ((await this.root.control()).stop.latched)
      await until('the stop is reset', async () => (await client.ask('estop.reset', {})).ok)
    await until('the door is closed', async () => (await this.root.control()).interlocks['door']!.closed)
    const { alarm, homed, laser } = await this.root.turret()
    if (alarm || !homed) await client.call('turret.home', turret)
    // What a bridge that was killed has written ahead counts for some seconds more.
    if (laser?.missing.includes('it is cooling down'))
      await until(
        'it has cooled down',
        async () => (await this.root.turret()).laser?.cooldownUntil === undefined,
      )
    await client.call('lease.release', {})
  }

  /** Begins to count how long the main threads of all wait for a core, ms (proc(5), schedstat). */
  async stallsFromNow(): Promise<() => Promise<number>> {
    const pids = [this.bridge.pid, this.sim.program.pid, process.pid]
    const read = (): Promise<number[]> =>
      Promise.all(
        pids.map(async (pid) => {
          const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0 0')
          return Number(text.split(' ')[1]) / 1e6
        }),
      )
    const before = await read()
    // One that has ended meanwhile waits for nothing.
    return async () => (await read()).reduce((sum, ms, i) => sum + Math.max(0, ms - before[i]!), 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.root[Symbol.dispose]()
    await this.bridge.end()
    await this.sim[Symbol.asyncDispose]()
  }

  cameraPid(): Promise<number> {
    return childOf(this.bridge.pid, 'camera/process/host')
  }
}
