import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BenchState } from '../../shared/bench.ts'
import type { StorageState } from '../../shared/storage.ts'
import { databaseFile } from '../../bridge/store/sqlite.ts'
import { Database } from '../../bridge/store/database.ts'
import { startBridge, startLaser, writeBench } from '../support/bench-process.ts'
import { startGrbl } from '../support/grbl-wire.ts'
import { log } from './media-rig.ts'
import { ask, type Headers, post, setUp, signedIn } from '../support/people.ts'
import { onSmallDisk, SmallDisk } from '../support/small-disk.ts'
import { Client } from '../support/socket.ts'

vi.setConfig({ testTimeout: 40_000, hookTimeout: 40_000 })

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
  client!: Client

  /** With `small` its data folder is on a disk of its own, of some MiB. */
  static async open(small: boolean): Promise<SickBench> {
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
    const through = small ? onSmallDisk(dataDir, DISK_MIB) : []
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
      ...{ bridge, laser, dataDir, admin, client },
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

describe('a disk that takes nothing any more', () => {
  const user = (name: string) => ({ name, role: 'viewer', password: 'correct horse battery' })
  let full: SickBench
  let locked: SickBench
  let other: DatabaseSync

  beforeAll(async () => {
    ;[full, locked] = await Promise.all([SickBench.open(true), SickBench.open(false)])
  })
  afterAll(async () => {
    other?.close()
    await Promise.all([full?.[Symbol.asyncDispose](), locked?.[Symbol.asyncDispose]()])
  })

  it.each(['full', 'locked'])(
    'does not stop the bench when it is %s, and every page says so',
    async (how) => {
      const bench = how === 'full' ? full : locked
      expect(await bench.storage()).toEqual({})
      if (how === 'full') await bench.disk.fill()
      else {
        other = new DatabaseSync(databaseFile(bench.dataDir))
        other.exec('BEGIN IMMEDIATE')
      }
      expect(await codeOf(bench.url, bench.admin, 'user.add', user('new'))).toBe(
        how === 'full' ? 'storage.full' : 'storage.failed',
      )
      const { bench: sick } = await bench.storage()
      expect(sick?.why).toMatch(
        how === 'full'
          ? /the disk of .*lightbench\.db is full: free some/
          : /lightbench\.db is locked by another program/,
      )
      expect(await bench.works()).toEqual(ALL)
      // Who is taken away is taken away at once; the disk has it later.
      expect(await codeOf(bench.url, bench.admin, 'user.signOut', { name: 'olga' })).toMatch(/^storage\./)
      await vi.waitFor(() => expect(bench.client.socket.connected).toBe(false), 5000)
      if (how === 'full') await bench.disk.empty()
      else other.exec('ROLLBACK')
      await vi.waitFor(
        async () => expect(await codeOf(bench.url, bench.admin, 'user.add', user('later'))).toBe('ok'),
        { timeout: 10_000, interval: 200 },
      )
      const lines = await vi.waitFor(async () => {
        const read = await ask(bench.url, bench.admin, 'audit.read', {
          action: 'storage.recovered',
          limit: 5,
        })
        expect(read).toHaveLength(1)
        return read
      }, 5000)
      expect(lines[0]?.message).toMatch(/^nothing could be written from .* 0 lines of the audit were lost$/)
      // What was done meanwhile is in the audit.
      const done = await ask(bench.url, bench.admin, 'audit.read', { action: 'instrument.emit', limit: 9 })
      expect(done.map(({ outcome }) => outcome)).toEqual(['ok', 'ok'])
      expect((await ask(bench.url, bench.admin, 'user.list', {})).map(({ name }) => name)).not.toContain(
        'new',
      )
    },
  )
})

describe('a store that cannot be trusted keeps the bridge from starting, and says which and what to do', () => {
  const program = fileURLToPath(new URL('../../bridge/main.ts', import.meta.url))
  const start = (file: string, through: readonly string[] = []) => {
    const args = [program, '--config', file, '--port', '0', '--without-guardian']
    const [command = '', ...rest] = [...through, process.execPath, ...args]
    const { status, stderr } = spawnSync(command, rest, { encoding: 'utf8', timeout: 20_000 })
    return { status, stderr }
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
    const { status, stderr } = start(file)
    expect(stderr).toMatch(words)
    expect(status).toBe(1)
  })

  it('when its folder is on a disk that is read-only', async () => {
    const file = await writeBench({ devices: {} })
    const dataDir = join(dirname(file), 'data')
    await mkdir(dataDir)
    const [unshare = '', ...rest] = onSmallDisk(dataDir, 1)
    const readOnly = rest.map((part) => part.replace('size=$2m,', 'ro,size=$2m,'))
    const { status, stderr } = start(file, [unshare, ...readOnly])
    expect(stderr).toMatch(/dataDir: .*data cannot be .*written/)
    expect(status).toBe(1)
  })
})
