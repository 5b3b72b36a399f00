import { readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAuditKey } from '../../bridge/access/audit-key.ts'
import { checkAudit } from '../../bridge/access/audit-check.ts'
import { checkDataFolder } from '../../bridge/store/check/check-data-folder.ts'
import { schemaVersions } from '../../bridge/store/schema-versions.ts'
import { mediaPath } from '../../shared/gallery/gallery.ts'
import { traceSamplesPath } from '../../shared/traces/trace.ts'
import { startBridge, writeBench } from '../support/bench-process.ts'
import { writeOldDataFolder } from '../support/old-data-folder.ts'
import { ask, post, signIn } from '../support/people.ts'
import type { Program } from '../support/process.ts'

/** What otto's password was, which the old version wrote down when he changed it; and what it is. */
const OLD_PASSWORD = 'correct horse battery'
const PASSWORD = 'battery staple correct'
const TOKEN = 'lb_LRi1hK3EcwF7y36s65p5JPR6k-IzdvWJW09mGmeSdGs'
const ROOT = { server: { localRole: 'administrator' } }

let file: string
let dataDir: string
let bench: Program<{ url: string }>
let url: string

beforeAll(async () => {
  file = await writeBench({
    ...ROOT,
    // Its lines stay, whatever year it is.
    audit: { keepDays: 36_500 },
    watches: { pages: { allow: ['127.0.0.1'] } },
    devices: {
      eye: { driver: 'camera.sim' },
      turret: {
        ...{ driver: 'turret.grbl', resource: 'TCPIP::127.0.0.1::1::SOCKET' },
        ...{ pan: { axis: 'X', min: -95, max: 95 }, tilt: { axis: 'Y', min: -45, max: 45 } },
      },
    },
    sights: { turret: { camera: 'eye' } },
  })
  dataDir = join(dirname(file), 'data')
  await writeOldDataFolder(dataDir)
  bench = await startBridge(file)
  url = bench.ready.url
}, 30_000)
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await rm(dirname(file), { recursive: true, force: true })
})

describe('a bench on the data folder of an older version', () => {
  it('lets the same people in, with the same roles, and the same tokens', async () => {
    const users = await ask(url, {}, 'user.list', {})
    expect(users.map(({ name, role }) => [name, role])).toEqual([
      ['otto', 'operator'],
      ['root-admin', 'administrator'],
      ['vera', 'viewer'],
    ])
    await expect(signIn(url, 'vera')).resolves.toHaveProperty('cookie')
    expect((await post(url, '/api/sign-in', { name: 'otto', password: PASSWORD })).status).toBe(200)
    expect((await post(url, '/api/sign-in', { name: 'otto', password: OLD_PASSWORD })).status).toBe(401)
    const token = { authorization: `Bearer ${TOKEN}` }
    const { snapshot } = await ask(url, token, 'topic.read', { topic: 'camera/eye' })
    expect(snapshot).toHaveProperty('lifecycle')
    await expect(ask(url, token, 'topic.read', { topic: 'turret/turret' })).rejects.toMatchObject({
      code: 'scope.exceeded',
    })
  })

  it('shows its views, pictures, traces, presets and watches', async () => {
    const { snapshot } = await ask(url, {}, 'topic.read', { topic: 'views' })
    expect(snapshot).toHaveProperty('views.lab.title', 'Lab')
    const { entries } = await ask(url, {}, 'media.list', {})
    expect(entries).toMatchObject([{ name: 'Ring 4', tags: ['keep'], bytes: 984, device: 'eye' }])
    expect((await (await fetch(url + mediaPath(entries[0]!.id))).arrayBuffer()).byteLength).toBe(984)
    const traces = await ask(url, {}, 'trace.list', {})
    expect(traces).toMatchObject([{ name: 'Dip', points: 20 }])
    expect((await (await fetch(url + traceSamplesPath(traces[0]!.id))).arrayBuffer()).byteLength).toBe(208)
    const turret = await ask(url, {}, 'topic.read', { topic: 'turret/turret' })
    expect(turret.snapshot).toHaveProperty('presets.door', expect.objectContaining({ pan: 1, tilt: 2 }))
    const watches = await ask(url, {}, 'watch.list', {})
    expect(watches.map(({ name }) => name).sort()).toEqual(['Rate', 'Web page'])
    const { id } = watches.find(({ name }) => name === 'Web page')!
    expect(await ask(url, {}, 'watch.snapshot', { id, seq: 1 })).toMatchObject({ kind: 'text', text: 'well' })
  })

  it('reads its whole audit, chained from the first line on, and goes on with it', async () => {
    const lines = (await ask(url, {}, 'audit.read', { limit: 1000 })).reverse()
    expect(lines.slice(0, 16).map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    expect(lines[5]).toMatchObject({ who: 'otto', action: 'session.password', outcome: 'ok', ms: 21.425 })
    expect(lines[15]).toMatchObject({ action: 'heartbeat.lost' })
    using db = new DatabaseSync(join(dataDir, 'lightbench.db'), { readOnly: true })
    expect(checkAudit(db, (await readAuditKey(dataDir))!)).toMatchObject({
      wrong: undefined,
      first: { id: 1 },
    })
  })

  it('closes the folder to others, and finds it whole', async () => {
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
    const { wrong, inOrder } = await checkDataFolder(dataDir)
    expect(wrong).toEqual([])
    const tables = Object.entries(schemaVersions['lightbench.db']!).map(
      ([owner, version]) => `${owner} ${version}`,
    )
    expect(inOrder).toContain(`lightbench.db: whole; tables: ${tables.join(', ')}`)
  })
})

describe('the passwords that an older version wrote down', () => {
  it('are gone from the audit, and from the file', async () => {
    const lines = await ask(url, {}, 'audit.read', { action: 'session.password' })
    expect(lines.at(-1)).toMatchObject({ id: 6, who: 'otto' })
    expect(JSON.parse(lines.at(-1)!.input)).toEqual({ current: '(secret)', password: '(secret)' })
    expect(JSON.stringify(await ask(url, {}, 'audit.read', { limit: 1000 }))).not.toContain(OLD_PASSWORD)
    for (const name of ['lightbench.db', 'lightbench.db-wal'])
      expect((await readFile(join(dataDir, name))).includes(OLD_PASSWORD), name).toBe(false)
  })
})

it('is refused by an older version, which says what to do and changes nothing', async () => {
  const older = await writeBench(ROOT)
  const folder = join(dirname(older), 'data')
  await writeOldDataFolder(folder)
  {
    using newer = new DatabaseSync(join(folder, 'lightbench.db'))
    newer.exec("UPDATE migration SET version = 9 WHERE owner = 'audit'")
  }
  const refused = startBridge(older).then(
    async (started) => started[Symbol.asyncDispose]().then(() => 'started'),
    (error: Error) => error.message,
  )
  expect(await refused).toMatch(
    /lightbench\.db is of a newer Lightbench \(its tables "audit" have version 9.*restore a backup made before the upgrade/,
  )
  using after = new DatabaseSync(join(folder, 'lightbench.db'), { readOnly: true })
  expect(after.prepare('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 16 })
  expect(after.prepare("SELECT version FROM migration WHERE owner = 'audit'").get()).toEqual({ version: 9 })
  await rm(dirname(older), { recursive: true })
})
