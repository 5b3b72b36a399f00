import { readFileSync, statSync, existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { migrate, openDatabase } from '../../bridge/store/sqlite.ts'
import { AccessRig, PASSWORD } from './access-rig.ts'

it('holds no secret that could be used, in any of its files', async () => {
  using rig = new AccessRig()
  const link = rig.access.setupPath()!
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  const session = await rig.access.signIn('ada', PASSWORD, '192.0.2.7')
  const { secret } = rig.access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'ada')
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
  using rig = new AccessRig()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  for (const end of ['', '-wal', '-shm']) expect(statSync(rig.file + end).mode & 0o777).toBe(0o600)
})

it('is shared with a command line beside the bridge', async () => {
  using rig = new AccessRig()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  await rig.access.users.add('bob', 'operator', PASSWORD)
  const cookie = await rig.signIn('bob')
  using other = openDatabase(rig.file)
  other.prepare("DELETE FROM user WHERE name = 'bob'").run()
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
})

it('brings tables up to date step by step, each once, each owner by itself', () => {
  using rig = new AccessRig()
  const first = 'CREATE TABLE a (n INTEGER) STRICT; INSERT INTO a VALUES (1)'
  migrate(rig.db, 'one', [first])
  migrate(rig.db, 'one', [first, 'UPDATE a SET n = n + 1'])
  migrate(rig.db, 'one', [first, 'UPDATE a SET n = n + 1'])
  migrate(rig.db, 'two', ['UPDATE a SET n = n + 10'])
  expect(rig.db.prepare('SELECT n FROM a').get()).toEqual({ n: 12 })
})

it('takes a step whole or not at all', () => {
  using rig = new AccessRig()
  expect(() => migrate(rig.db, 'one', ['CREATE TABLE a (n INTEGER); CREATE TABEL b'])).toThrow()
  migrate(rig.db, 'one', ['CREATE TABLE a (n INTEGER)'])
  expect(rig.db.prepare('SELECT count(*) AS n FROM a').get()).toEqual({ n: 0 })
})
