import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Access } from '../../bridge/access/access.ts'
import { tables } from '../../bridge/access/tables.ts'
import { DirectStore } from '../../bridge/cli/direct-store.ts'
import { databaseFile, migrate, openDatabase } from '../../bridge/store/sqlite.ts'
import { AccessRig, PASSWORD } from './access-rig.ts'

it('holds no secret that could be used, in any of its files', async () => {
  await using rig = await AccessRig.open()
  const link = rig.access.setupPath()!
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  const session = await rig.access.signIn('ada', PASSWORD, '192.0.2.7')
  const { secret } = await rig.access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'ada')
  const bytes = ['', '-wal', '-shm']
    .map((end) => rig.file + end)
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file).toString('latin1'))
    .join('')
  expect(bytes).toContain('$argon2id$')
  for (const text of [PASSWORD, session, secret.slice(3), link.split('key=')[1]!]) {
    expect(bytes).not.toContain(text)
    expect(bytes).not.toContain(Buffer.from(text, 'base64url').toString('latin1'))
  }
})

it('lets nobody but its owner read it', async () => {
  await using rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  for (const end of ['', '-wal', '-shm']) expect(statSync(rig.file + end).mode & 0o777).toBe(0o600)
})

it('brings tables up to date step by step, each once, each owner by itself', async () => {
  await using rig = await AccessRig.open()
  const first = 'CREATE TABLE a (n INTEGER) STRICT; INSERT INTO a VALUES (1)'
  migrate(rig.db, 'one', [first])
  migrate(rig.db, 'one', [first, 'UPDATE a SET n = n + 1'])
  migrate(rig.db, 'one', [first, 'UPDATE a SET n = n + 1'])
  migrate(rig.db, 'two', ['UPDATE a SET n = n + 10'])
  expect(rig.db.prepare('SELECT n FROM a').get()).toEqual({ n: 12 })
})

it('takes a step whole or not at all', async () => {
  await using rig = await AccessRig.open()
  expect(() => migrate(rig.db, 'one', ['CREATE TABLE a (n INTEGER); CREATE TABEL b'])).toThrow()
  migrate(rig.db, 'one', ['CREATE TABLE a (n INTEGER)'])
  expect(rig.db.prepare('SELECT count(*) AS n FROM a').get()).toEqual({ n: 0 })
})

it('has a name of its own for its cookies, which other benches of the host do not share and a restart keeps', async () => {
  await using rig = await AccessRig.open()
  await using other = await AccessRig.open()
  for (const one of [rig, other]) await one.access.users.add('ada', 'administrator', PASSWORD)
  const cookies = [await rig.signIn('ada'), await other.signIn('ada')]
  await rig.restart()
  for (const header of [cookies.join('; '), cookies.toReversed().join('; ')]) {
    expect(rig.access.identify(header, undefined)).toMatchObject({ name: 'ada' })
    expect(other.access.identify(header, undefined)).toMatchObject({ name: 'ada' })
  }
  expect(rig.access.identify(cookies[1], undefined)).toBeUndefined()
})

it('keeps the people, sessions and tokens of the version before', async () => {
  const file = databaseFile(mkdtempSync(join(tmpdir(), 'lightbench-')))
  using db = openDatabase(file)
  migrate(db, 'access', tables.slice(0, 1))
  const [session, token] = ['s'.repeat(43), `lb_${'t'.repeat(43)}`]
  const now = Date.now()
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  db.prepare('INSERT INTO user VALUES (?, ?, ?, ?, NULL)').run('ada', 'operator', 'x', now)
  db.prepare('INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)').run('1', sha256(session), 'ada', '', now, now)
  db.prepare('INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)').run(
    ...['2', sha256(token), 'wall', 'viewer', '{"devices":["slide"]}', 'ada', now],
  )
  await using access = await Access.open(new DirectStore(db), {
    limits: { idleMs: 60_000, mostMs: 60_000 },
    secure: false,
  })
  const cookie = access.cookie.header(session, 60_000).split(';', 1)[0]
  expect(access.identify(cookie, undefined)).toMatchObject({ name: 'ada', role: 'operator' })
  expect(access.identify(undefined, `Bearer ${token}`)).toMatchObject({
    name: 'wall',
    scope: { devices: ['slide'] },
  })
  expect(access.users.list()).toMatchObject([{ name: 'ada', kind: 'password', scope: {}, factor: false }])
})
