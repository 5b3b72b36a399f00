import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BenchState } from '../../shared/bench/bench.ts'
import type { StorageState } from '../../shared/diagnostics/storage.ts'
import { databaseFile } from '../../bridge/store/sqlite.ts'
import { Database } from '../../bridge/store/database.ts'
import { startBridge, startLaser, writeBench } from '../support/bench-process.ts'
import { startGrbl } from '../support/grbl-wire.ts'
import { log } from '../sfu/media-rig.ts'
import { ask, type Headers, post, setUp, signedIn, signIn } from '../support/people.ts'
import { besideProgram, onSmallDisk, SmallDisk } from '../support/small-disk.ts'
import { Client } from '../support/socket.ts'

vi.setConfig({ testTimeout: 40_000, hookTimeout: 40_000 })

const execute = promisify(execFile)
const DISK_MIB = 12
const AXES = {
  pan: { axis: 'X', zeroMm: -100, min: -95, max: 95 },
  tilt: { axis: 'Y', zeroMm: -50, min: -45, max: 45 },
}

/** A bench with light, motion, video and an instrument, and people signed in. */
class SickBench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack()
  bridge!: Awaited<ReturnType<typeof startBridge>>
  laser!: Awaited<ReturnType<typeof startLaser>>
  disk!: SmallDisk
  dataDir!: string
  admin!: Headers
  viewer!: Headers
  client!: Client

  /** Its data folder is on a disk of its own, of some MiB. */
  static async open(): Promise<SickBench> {
    const bench = new SickBench()
    const stack = bench.#stack
    const [laser, turret] = [
      stack.use(await startLaser()),
      stack.use(await startGrbl(['--settings', '22=0'])),
    ]
    const file = await writeBench({
      server: { localRole: 'none' },
      recordings: { keepFreeGB: 0 },
      devices: {
        laser: { driver: 'instrument.scpi', model: 'lightbench-test-laser', resource: laser.ready.resource },
        turret: { driver: 'turret.grbl', resource: turret.resource, ...AXES },
        slide: { driver: 'camera.sim', width: 160, height: 120, codec: 'vp8' },
      },
    })
    const dataDir = join(dirname(file), 'data')
    await mkdir(dataDir)
    const through = onSmallDisk(dataDir, DISK_MIB)
    const bridge = stack.use(await startBridge(file, 0, [], ['--without-guardian'], { through }))
    const { url } = bridge.ready
    const admin = await setUp(url, bridge.output)
    const operator = await signedIn(url, admin, 'olga', 'operator')
    await vi.waitFor(async () => {
      const { devices } = (await (await fetch(`${url}/health`, { headers: admin })).json()) as {
        devices: Record<string, string>
      }
      expect(devices).toEqual({ laser: 'ready', turret: 'ready', slide: 'ready' })
    }, 20_000)
    const client = stack.use(await Client.operate(url, operator))
    stack.use(await client.beats())
    return Object.assign(bench, {
      ...{ bridge, laser, dataDir, admin, client, viewer: await signIn(url, 'root-admin') },
      disk: new SmallDisk(bridge.pid, dataDir),
    })
  }

  get url(): string {
    return this.bridge.ready.url
  }

  async storage(): Promise<StorageState> {
    const { snapshot } = await this.client.call('topic.read', { topic: 'bench' })
    return (snapshot as unknown as BenchState).storage
  }

  /** Which of the bench's parts do what they are for. */
  async works(): Promise<Record<string, boolean>> {
    const { client } = this
    const emit = async (value: boolean): Promise<boolean> => {
      const before = this.laser.output.length
      await client.call('instrument.emit', { device: 'laser', setting: 'output', value })
      await vi.waitFor(() =>
        expect(this.laser.output.slice(before).some((line) => line.includes(`"emission":${value}`))).toBe(
          true,
        ),
      )
      return true
    }
    const picture = async (): Promise<boolean> => {
      const answer = await fetch(`${this.url}/api/cameras/slide/mjpeg`, { headers: this.admin })
      const reader = answer.body!.getReader()
      const { value } = await reader.read()
      await reader.cancel()
      return (value?.length ?? 0) > 0
    }
    // Every device proves first that it is safe.
    const reset = async (): Promise<boolean> => {
      await client.call('estop.reset', { checked: ['turret', 'slide', 'laser'] })
      return true
    }
    const pan = Math.round(Math.random() * 1000) / 100
    const moved = await client.call('turret.move', {
      device: 'turret',
      pan,
      tilt: 0,
      relative: false,
      wait: true,
    })
    return {
      light: (await emit(true)) && (await emit(false)),
      motion: Math.abs(moved.pan - pan) < 0.1,
      video: await picture(),
      stop: (await client.call('estop.press', {})).stopMs < 1000,
      reset: await vi.waitFor(() => reset(), 5000),
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

const ALL = { light: true, motion: true, video: true, stop: true, reset: true }

/** Ends with the code of an error; `ok` when it was done. */
async function codeOf(url: string, headers: Headers, name: string, input: unknown): Promise<string> {
  const answer = await post(url, `/api/commands/${name}`, input, headers)
  const result = (await answer.json()) as { ok: boolean; error?: { code: string } }
  return result.ok ? 'ok' : (result.error?.code ?? '')
}

describe('a store that fails while people are signed in', () => {
  const user = (name: string) => ({ name, role: 'viewer', password: 'correct horse battery' })
  let bench: SickBench
  let other: ChildProcess | undefined

  beforeAll(async () => {
    bench = await SickBench.open()
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  /** Another program that holds the database until it is killed. */
  async function lock(): Promise<void> {
    const file = JSON.stringify(databaseFile(bench.dataDir))
    const script = `const db = new (require('node:sqlite').DatabaseSync)(${file}); db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000)`
    const [command = '', ...args] = [...besideProgram(bench.bridge.pid), process.execPath, '-e', script]
    other = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(other.stdout!, 'data')
  }
  const database = (): string => bench.disk.path(basename(databaseFile(bench.dataDir)))

  it.each<[string, string, RegExp, () => Promise<void>, () => Promise<void>]>([
    [
      'that is locked by another program',
      'storage.failed',
      /lightbench\.db is locked by another program: end that one/,
      lock,
      async () => void other?.kill('SIGKILL'),
    ],
    [
      'whose disk is full',
      'storage.full',
      /the disk of .*lightbench\.db is full: free some of it/,
      () => bench.disk.fill(),
      () => bench.disk.empty(),
    ],
  ])(
    '%s stops nothing, is told on every page, and has all of it once it is well',
    async (_, code, words, spoil, mend) => {
      const before = (
        await ask(bench.url, bench.admin, 'audit.read', { action: 'instrument.emit', limit: 99 })
      ).length
      expect(await bench.storage()).toEqual({})
      await spoil()
      expect(await codeOf(bench.url, bench.admin, 'user.add', user('new'))).toBe(code)
      expect((await bench.storage()).bench?.why).toMatch(words)
      expect(await bench.works()).toEqual(ALL)
      await mend()
      await vi.waitFor(async () => expect(await bench.storage()).toEqual({}), {
        timeout: 10_000,
        interval: 200,
      })
      expect(await codeOf(bench.url, bench.admin, 'user.add', user('later'))).toBe('ok')
      expect(await codeOf(bench.url, bench.admin, 'user.remove', { name: 'later' })).toBe('ok')
      const [recovered] = await ask(bench.url, bench.admin, 'audit.read', {
        action: 'storage.recovered',
        limit: 1,
      })
      expect(recovered?.message).toMatch(/^nothing could be written from .* 0 lines of the audit were lost$/)
      const done = await ask(bench.url, bench.admin, 'audit.read', { action: 'instrument.emit', limit: 99 })
      expect(done.length - before).toBe(2)
      expect((await ask(bench.url, bench.admin, 'user.list', {})).map(({ name }) => name).sort()).toEqual([
        'olga',
        'root-admin',
      ])
    },
  )

  it('takes rights away at once, and says that the disk does not have it yet', async () => {
    await lock()
    using viewer = await Client.connect(bench.url, bench.viewer)
    const answer = await post(bench.url, '/api/commands/user.signOut', { name: 'root-admin' }, bench.admin)
    const failure = ((await answer.json()) as { error: { code: string; message: string } }).error
    expect(failure.code).toBe('storage.failed')
    expect(failure.message).toContain('it has ended here, and is not on the disk yet')
    await vi.waitFor(() => expect(viewer.socket.connected).toBe(false), 5000)
    other?.kill('SIGKILL')
  })

  it.each<[string, () => Promise<void>]>([
    ['damaged', () => writeFile(database(), 'x'.repeat(9000))],
    ['emptied', () => truncate(database())],
  ])('that is %s by somebody stops nothing either', async (_, spoil) => {
    await spoil()
    expect(await bench.works()).toEqual(ALL)
    expect((await fetch(`${bench.url}/health`)).status).toBe(200)
  })
})

describe.concurrent(
  'a store that cannot be trusted keeps the bridge from starting, and says which and what to do',
  () => {
    const program = fileURLToPath(new URL('../../bridge/main.ts', import.meta.url))
    const start = async (
      file: string,
      through: readonly string[] = [],
    ): Promise<{ status: unknown; stderr: string }> => {
      const args = [program, '--config', file, '--port', '0', '--without-guardian']
      const [command = '', ...rest] = [...through, process.execPath, ...args]
      const ended = execute(command, rest, { timeout: 20_000 })
      return ended.then(
        ({ stderr }) => ({ status: 0, stderr }),
        ({ code, stderr }: { code: unknown; stderr: string }) => ({ status: code, stderr }),
      )
    }

    it.each<[string, (database: string) => Promise<void>, RegExp]>([
      ['empty', (file) => writeFile(file, ''), /lightbench\.db is empty \(0 bytes\).*Restore it/],
      ['damaged', (file) => writeFile(file, 'x'.repeat(9000)), /lightbench\.db is damaged .*Restore it/],
      [
        'of a newer version',
        async (file) => {
          using db = new DatabaseSync(file)
          db.exec("UPDATE migration SET version = 99 WHERE owner = 'views'")
        },
        /lightbench\.db is of a newer Lightbench .*version 99.*lightbench restore/,
      ],
    ])('when it is %s', async (_, spoil, words) => {
      const file = await writeBench({ devices: {} })
      const database = databaseFile(join(dirname(file), 'data'))
      {
        await using made = await Database.open({ file: database, log })
        await made.migrate('views', ['CREATE TABLE view (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT'])
      }
      await spoil(database)
      const { status, stderr } = await start(file)
      expect(stderr).toMatch(words)
      expect(status).toBe(1)
    })

    it('when its folder is on a disk that is read-only', async () => {
      const file = await writeBench({ devices: {} })
      const dataDir = join(dirname(file), 'data')
      await mkdir(dataDir)
      const [unshare = '', ...rest] = onSmallDisk(dataDir, 1)
      const readOnly = rest.map((part) => part.replace('size=$2m,', 'ro,size=$2m,'))
      const { status, stderr } = await start(file, [unshare, ...readOnly])
      expect(stderr).toMatch(/dataDir: .*data cannot be .*written/)
      expect(status).toBe(1)
    })
  },
)
