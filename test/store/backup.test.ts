import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup } from '../../bridge/cli/backup.ts'
import { check } from '../../bridge/cli/check.ts'
import { restore } from '../../bridge/cli/restore.ts'
import { lockDataFolder } from '../../bridge/store/data-folder.ts'
import { schemaVersions } from '../../bridge/store/schema-versions.ts'
import { type Backup, makeBackup } from '../../bridge/store/backup/make-backup.ts'
import { openDatabase } from '../../bridge/store/sqlite.ts'
import { manifest, type Manifest } from '../../bridge/store/backup/manifest.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { MediaEntry } from '../../shared/gallery/gallery.ts'
import { mediaPath } from '../../shared/gallery/gallery.ts'
import { traceSamplesPath } from '../../shared/traces/trace.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { ask, signIn } from '../support/people.ts'
import type { Program } from '../support/process.ts'
import { Site } from '../support/site.ts'

const CLI = fileURLToPath(new URL('../../bridge/cli/main.ts', import.meta.url))
const PASSWORD = 'correct horse battery'
const BENCH = {
  server: { localRole: 'administrator' },
  watches: { pages: { allow: ['127.0.0.1'] } },
  devices: {
    eye: { driver: 'camera.sim' },
    // Nobody is there: its tables are made all the same.
    turret: {
      ...{ driver: 'turret.grbl', resource: 'TCPIP::127.0.0.1::1::SOCKET' },
      ...{ pan: { axis: 'X', min: -95, max: 95 }, tilt: { axis: 'Y', min: -45, max: 45 } },
    },
  },
  sights: { turret: { camera: 'eye' } },
}
const ACTIONS = { backup, check, restore }

interface Ran {
  code: number
  out: string
  err: string
}

/** Runs `lightbench …` in this process. */
async function lightbench(name: keyof typeof ACTIONS, ...args: string[]): Promise<Ran> {
  const ran: Ran = { code: 0, out: '', err: '' }
  const askSecret = (): never => {
    throw new Error('unexpected')
  }
  const print = (line: string): void => void (ran.out += `${line}\n`)
  const note = (line: string): void => void (ran.err += `${line}\n`)
  try {
    await ACTIONS[name].run(args, { print, note, askSecret })
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    note(error.message)
    ran.code = 1
  }
  return ran
}

/** All that people would miss. */
async function contentOf(url: string): Promise<unknown> {
  const traces = await ask(url, {}, 'trace.list', {})
  const { entries } = await ask(url, {}, 'media.list', {})
  const watches = await ask(url, {}, 'watch.list', {})
  const users = await ask(url, {}, 'user.list', {})
  const bytes = async (path: string): Promise<string> =>
    Buffer.from(await (await fetch(url + path)).arrayBuffer()).toString('base64')
  return {
    ...{ traces, watches },
    users: users.map(({ name, role }) => ({ name, role })),
    entries: entries.map(({ id, name, tags }: MediaEntry) => ({ id, name, tags })),
    tokens: await ask(url, {}, 'token.list', {}),
    views: await ask(url, {}, 'topic.read', { topic: 'views' }).then(({ snapshot }) => snapshot),
    samples: await Promise.all(traces.map(({ id }) => bytes(traceSamplesPath(id)))),
    pictures: await Promise.all(entries.map(({ id }) => bytes(mediaPath(id)))),
    snapshots: await Promise.all(
      watches.map(({ id }) => ask(url, {}, 'watch.snapshot', { id, seq: 1 }).catch(() => 'none')),
    ),
  }
}

let site: Site
let bench: Program<{ url: string }>
let file: string
let backups: string
/** A backup of the bench while it was running. */
let made: string
let content: unknown

beforeAll(async () => {
  site = await Site.open({ '/': 'well' })
  file = await writeBench(BENCH)
  backups = join(dirname(file), 'backups')
  bench = await startBridge(file)
  const { url } = bench.ready
  await ask(url, {}, 'user.add', { name: 'vera', role: 'viewer', password: PASSWORD })
  await ask(url, {}, 'token.add', { name: 'wall', role: 'viewer' })
  await ask(url, {}, 'view.save', {
    ...{ name: 'lab', title: 'Lab', pages: [{ tiles: [] }], dwellS: 20, stop: true, qr: 'none' },
  })
  await fetch(`${url}/api/traces?name=Dip&unit=dBm`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: Array.from({ length: 100 }, (_, i) => `${1540 + i / 100},${-i}`).join('\n'),
  })
  const { id } = await ask(url, {}, 'watch.save', {
    ...{ name: 'page', schedule: {}, what: { kind: 'page', url: site.url('/') } },
  })
  await ask(url, {}, 'watch.check', { ids: [id] })
  await vi.waitFor(() => ask(url, {}, 'watch.snapshot', { id, seq: 1 }), 5000)
  await vi.waitFor(() => ask(url, {}, 'camera.still', { device: 'eye', format: 'png' }), {
    timeout: 10_000,
    interval: 100,
  })
  content = await contentOf(url)
  const ran = await lightbench('backup', backups, '--config', file)
  expect(ran, ran.err).toMatchObject({ code: 0 })
  made = ran.out.trim()
}, 60_000)
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
  await rm(dirname(file), { recursive: true, force: true })
})

const manifestOf = async (folder: string): Promise<Manifest> =>
  manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))

describe('lightbench backup', () => {
  it('is whole, for its owner alone, and says of what it is', async () => {
    expect(await readdir(backups)).toEqual([expect.stringMatching(/^lightbench-\d{8}T\d{6}Z$/)])
    const { databases, files, audit } = await manifestOf(made)
    expect(databases).toEqual(schemaVersions)
    expect(audit?.number).toBeGreaterThan(5)
    const there = (await readdir(made, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    )
    expect(there).toHaveLength(files.length + 1)
    for (const each of there) expect((await stat(join(each.parentPath, each.name))).mode & 0o777).toBe(0o600)
    expect((await stat(made)).mode & 0o777).toBe(0o700)
    const paths = files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['bench.yaml', 'data/audit.key', 'data/watches.db']))
    expect(paths.filter((path) => /-wal|-shm|\.lock|\.new|\.part/.test(path))).toEqual([])
  })

  it('is in the audit, of the bench and of the copy', async () => {
    const [line] = await ask(bench.ready.url, {}, 'audit.read', { action: 'backup' })
    expect(line).toMatchObject({ who: 'command line', message: `a backup is made into ${backups}` })
    using copy = new DatabaseSync(join(made, 'data/lightbench.db'), { readOnly: true })
    expect(copy.prepare("SELECT count(*) AS n FROM audit WHERE action = 'backup'").get()).toEqual({ n: 1 })
  })

  it('has every file that its databases name, whatever comes while it is made', async () => {
    const dataDir = join(dirname(file), 'busy')
    using db = openDatabase(join(dataDir, 'lightbench.db'))
    db.exec('CREATE TABLE media (file TEXT)')
    await mkdir(join(dataDir, 'gallery'))
    let made: Backup | undefined
    let taken = 0
    const takeOne = async (): Promise<void> => {
      await writeFile(join(dataDir, 'gallery', `${++taken}.png`), 'x'.repeat(5000))
      db.prepare('INSERT INTO media VALUES (?)').run(`${taken}.png`)
    }
    for (let i = 0; i < 200; i++) await takeOne()
    const making = makeBackup({
      dataDir,
      benchFile: file,
      into: join(backups, 'busy'),
      withoutGallery: false,
      version: '1',
    })
    void making.then((backup) => (made = backup))
    while (!made && taken < 5000) {
      await takeOne()
      await sleep(1)
    }
    const { folder } = await making
    using copy = new DatabaseSync(join(folder, 'data/lightbench.db'), { readOnly: true })
    const named = copy
      .prepare('SELECT file FROM media')
      .all()
      .map(({ file }) => String(file))
    expect(named.length).toBeGreaterThan(200)
    const there = new Set(await readdir(join(folder, 'data/gallery')))
    expect(named.filter((name) => !there.has(name))).toEqual([])
    await rm(join(backups, 'busy'), { recursive: true })
  })

  it('leaves the gallery out when asked to, and nothing behind when it fails', async () => {
    const small = await lightbench('backup', join(backups, 'small'), '--without-gallery', '--config', file)
    const { files, without } = await manifestOf(small.out.trim())
    expect(without).toEqual(['gallery'])
    expect(files.filter(({ path }) => path.startsWith('data/gallery'))).toEqual([])
    const inside = await lightbench('backup', join(dirname(file), 'data/backups'), '--config', file)
    expect(inside).toMatchObject({
      code: 1,
      err: expect.stringContaining('lies in the data folder') as string,
    })
    await rm(join(backups, 'small'), { recursive: true })
  })
})

describe('lightbench check', () => {
  it('finds a running bench whole', async () => {
    const { code, out, err } = await lightbench('check', '--config', file)
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('is whole') as string })
    expect(out).toMatch(
      /^audit: \d+ lines, whole from .*Z to .*Z; the last is line \d+ with the hash [0-9a-f]{64}$/m,
    )
    expect(out).toMatch(/^gallery: 1 files$/m)
    expect(out).toMatch(/^traces: 1$/m)
  })

  it('names everything that is wrong, and what to do', async () => {
    const folder = join(dirname(file), 'broken')
    await cp(join(made, 'data'), folder, { recursive: true })
    await chmod(folder, 0o755)
    using db = new DatabaseSync(join(folder, 'lightbench.db'))
    db.exec("DROP TRIGGER audit_is_not_changed; UPDATE audit SET who = 'eve' WHERE id = 2")
    db.exec("UPDATE migration SET version = 9 WHERE owner = 'views'")
    const [picture] = (await readdir(join(folder, 'gallery'), { recursive: true })).filter((name) =>
      name.endsWith('.png'),
    )
    await rm(join(folder, 'gallery', picture!))
    const samples = (await readdir(join(folder, 'traces'))).find((name) => name.endsWith('.npy'))!
    await truncate(join(folder, 'traces', samples), 130)
    await rm(join(folder, 'watches'), { recursive: true })
    await writeFile(join(folder, 'emergency-stop.json'), '{')
    await truncate(join(folder, 'watches.db'), 5000)
    const { code, out, err } = await lightbench('check', '--data', folder)
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('6 things are wrong') as string })
    const wrong = out.split('\n').filter((line) => line.startsWith('WRONG: '))
    expect(wrong).toEqual([
      `WRONG: are open to other users of this machine: ${folder}`,
      expect.stringMatching(/lightbench\.db is of a newer Lightbench \(its tables "views" have version 9/),
      expect.stringMatching(/watches\.db (is damaged|cannot be read)/),
      expect.stringMatching(/^WRONG: have no samples, or not as many as they say: traces\//),
      `WRONG: are in the gallery, and their files are missing: gallery/${picture}`,
      'WRONG: cannot be read: emergency-stop.json',
    ])
    db.exec("UPDATE migration SET version = 1 WHERE owner = 'views'")
    const again = await lightbench('check', '--data', folder)
    expect(again.out).toMatch(/^WRONG: the audit is not whole \(1 lines before that are\): line 2 of /m)
    await rm(folder, { recursive: true })
  })

  it('ends with 1 where something is wrong, as a program', async () => {
    const child = spawn(process.execPath, [CLI, 'check', '--data', backups], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>])
    expect({ code, err }).toEqual({
      code: 1,
      err: `lightbench check: ${backups} is no data folder: there is no lightbench.db in it\n`,
    })
  })
})

describe('lightbench restore', () => {
  it('brings back the same people, traces, pictures, views and watches elsewhere', async () => {
    const elsewhere = await writeBench(BENCH)
    const dataDir = join(dirname(elsewhere), 'data')
    const restored = await lightbench('restore', made, '--config', elsewhere)
    expect(restored).toMatchObject({ code: 0, out: expect.stringContaining(dataDir) as string })
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    expect(await readdir(dirname(elsewhere))).toEqual(['bench.yaml', 'data'])
    {
      await using other = await startBridge(elsewhere)
      expect(await contentOf(other.ready.url)).toEqual(content)
      await expect(signIn(other.ready.url, 'vera')).resolves.toHaveProperty('cookie')
      const [line] = await ask(other.ready.url, {}, 'audit.read', { action: 'restore' })
      expect(line).toMatchObject({ who: 'command line', message: `restored from ${made}` })
    }
    expect(await lightbench('check', '--data', dataDir)).toMatchObject({ code: 0 })
    // Once more over it: what was there is kept.
    await writeFile(join(dataDir, 'mine'), 'kept')
    const refused = await lightbench('restore', made, '--data', dataDir)
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not empty: with --force') as string,
    })
    const forced = await lightbench('restore', made, '--data', dataDir, '--force')
    expect(forced.code).toBe(0)
    const aside = /What was there before is in (.*)\.\n/.exec(forced.err)![1]!
    expect(await readFile(join(aside, 'mine'), 'utf8')).toBe('kept')
    expect(await readdir(dataDir)).not.toContain('mine')
    await rm(dirname(elsewhere), { recursive: true })
  }, 30_000)

  it('refuses a folder that a bridge holds', async () => {
    const dataDir = join(dirname(file), 'held')
    await mkdir(dataDir)
    using _held = lockDataFolder(dataDir)
    expect(await lightbench('restore', made, '--data', dataDir, '--force')).toMatchObject({ code: 1 })
    expect(await readdir(dataDir)).not.toContain('lightbench.db')
  })

  it.each([
    [
      'a file that was changed',
      (at: string) => writeFile(join(at, 'data/audit.key'), 'x'.repeat(65)),
      /data\/audit\.key is not what was copied/,
    ],
    [
      'a file that is missing',
      (at: string) => rm(join(at, 'data/watches.db')),
      /data\/watches\.db is missing/,
    ],
    ['no manifest', (at: string) => rm(join(at, 'manifest.json')), /is no whole backup/],
    ['half a manifest', (at: string) => truncate(join(at, 'manifest.json'), 500), /is no whole backup/],
    [
      'a path that leads out',
      (at: string) => edit(at, (text) => text.replace('data/audit.key', 'data/../../x')),
      /a path inside the backup/,
    ],
    [
      'a newer format',
      (at: string) => edit(at, (text) => text.replace('"format": 1', '"format": 2')),
      /newer Lightbench \(format 2/,
    ],
    [
      'newer tables',
      (at: string) => edit(at, (text) => text.replace('"views": 1', '"views": 2')),
      /newer Lightbench \(lightbench\.db: its tables "views" have version 2/,
    ],
  ])('refuses a backup with %s, and changes nothing', async (_what, damage, words) => {
    const folder = join(dirname(file), 'damaged')
    await cp(made, join(folder, 'backup'), { recursive: true })
    await damage(join(folder, 'backup'))
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'data/mine'), 'kept')
    const { code, err } = await lightbench(
      'restore',
      join(folder, 'backup'),
      '--data',
      join(folder, 'data'),
      '--force',
    )
    expect(code).toBe(1)
    expect(err).toMatch(words)
    expect((await readdir(folder)).sort()).toEqual(['backup', 'data'])
    expect(await readdir(join(folder, 'data'))).toContain('mine')
    await rm(folder, { recursive: true })
  })
})

async function edit(at: string, change: (text: string) => string): Promise<void> {
  const path = join(at, 'manifest.json')
  await writeFile(path, change(await readFile(path, 'utf8')))
}
