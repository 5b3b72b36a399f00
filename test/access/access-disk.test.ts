import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Access } from '../../bridge/access/access.ts'
import { Database } from '../../bridge/store/database.ts'
import { openDatabase } from '../../bridge/store/sqlite.ts'
import { AccessRig, DAY, ADDRESS, HOUR, PASSWORD, ROOT } from './access-rig.ts'

const FULL = { code: 'storage.full' }
const NOT_YET = {
  code: 'storage.full',
  message: expect.stringContaining(
    'it has ended here, and is not on the disk yet: the disk is full',
  ) as string,
}

async function rigWith(...names: string[]): Promise<AccessRig> {
  const rig = await AccessRig.open()
  await rig.access.users.add('ada', 'administrator', PASSWORD)
  for (const name of names) await rig.access.users.add(name, 'operator', PASSWORD)
  return rig
}

/** What the disk has of a table, as another program reads it. */
const onDisk = (rig: AccessRig, table: string): unknown[] => rig.db.prepare(`SELECT * FROM ${table}`).all()

it('goes on knowing those who are signed in while the disk takes nothing', async () => {
  await using rig = await rigWith('bob')
  const cookie = await rig.signIn('bob')
  const { secret } = await rig.access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'ada')
  rig.disk.fill()
  for (let hours = 0; hours < 24; hours += 6) {
    rig.now += 6 * HOUR
    expect(rig.access.identify(cookie, undefined)).toMatchObject({ role: 'operator' })
    expect(rig.access.identify(undefined, `Bearer ${secret}`)).toBeDefined()
  }
})

it('makes no right that the disk does not take, and changes nothing', async () => {
  await using rig = await rigWith('bob')
  const before = JSON.stringify([rig.access.users.list(), rig.access.tokens.list()])
  rig.disk.fill()
  await expect(
    rig.call('user.add', { name: 'eve', role: 'viewer', password: PASSWORD }, ROOT),
  ).rejects.toMatchObject(FULL)
  await expect(rig.call('user.role', { name: 'bob', role: 'administrator' }, ROOT)).rejects.toMatchObject(
    FULL,
  )
  await expect(rig.call('token.add', { name: 'a', role: 'viewer' }, ROOT)).rejects.toMatchObject(FULL)
  await expect(rig.signIn('bob')).rejects.toMatchObject(FULL)
  expect(JSON.stringify([rig.access.users.list(), rig.access.tokens.list()])).toBe(before)
})

it('takes rights away at once all the same, and from the disk once it takes it', async () => {
  await using rig = await rigWith('bob', 'eve', 'hans', 'vera')
  const cookie = {
    bob: await rig.signIn('bob'),
    eve: await rig.signIn('eve'),
    hans: await rig.signIn('hans'),
    vera: await rig.signIn('vera'),
  }
  const { id } = await rig.access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'ada')
  const { secret } = await rig.access.tokens.add({ name: 'b', role: 'operator', scope: {} }, 'bob')
  rig.disk.fill()
  await expect(rig.call('user.remove', { name: 'eve' }, ROOT)).rejects.toMatchObject(NOT_YET)
  await expect(rig.call('user.role', { name: 'bob', role: 'viewer' }, ROOT)).rejects.toMatchObject(NOT_YET)
  await expect(rig.call('user.signOut', { name: 'vera' }, ROOT)).rejects.toMatchObject(NOT_YET)
  await expect(rig.access.signOut(rig.access.identify(cookie.hans, undefined)!)).rejects.toMatchObject(
    NOT_YET,
  )
  await expect(rig.call('token.revoke', { id }, ROOT)).rejects.toMatchObject(NOT_YET)

  const allEnded = (): void => {
    for (const name of ['eve', 'hans', 'vera'] as const)
      expect(rig.access.identify(cookie[name], undefined), name).toBeUndefined()
    expect(rig.access.identify(cookie.bob, undefined)).toMatchObject({ role: 'viewer' })
    expect(rig.access.identify(undefined, `Bearer ${secret}`)).toBeUndefined()
    expect(rig.access.tokens.list()).toEqual([])
    expect(rig.access.users.list().map(({ name }) => name)).toEqual(['ada', 'bob', 'hans', 'vera'])
  }
  allEnded()
  // The disk has them still.
  rig.disk.change()
  await rig.access.users.read()
  allEnded()
  expect(onDisk(rig, 'session')).toHaveLength(4)

  rig.disk.free()
  await rig.restart()
  allEnded()
  expect(onDisk(rig, 'session')).toHaveLength(1)
  expect(onDisk(rig, 'token')).toEqual([])
})

it('keeps the old password when the disk does not take the new one, and ends the sessions and tokens', async () => {
  await using rig = await rigWith('bob')
  const cookie = await rig.signIn('bob')
  const { secret } = await rig.access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'bob')
  rig.disk.fill()
  const reset = rig.call('user.password', { name: 'bob', password: 'a different password' }, ROOT)
  await expect(reset).rejects.toMatchObject({
    code: 'storage.full',
    message: expect.stringMatching(/ended here.*what was to take its place is not done/) as string,
  })
  expect(rig.access.identify(cookie, undefined)).toBeUndefined()
  expect(rig.access.identify(undefined, `Bearer ${secret}`)).toBeUndefined()
  rig.disk.free()
  await expect(rig.signIn('bob')).resolves.toBeTypeOf('string')
  await expect(rig.access.signIn('bob', 'a different password', ADDRESS)).rejects.toMatchObject({
    code: 'credentials.invalid',
  })
  expect(onDisk(rig, 'token')).toEqual([])
})

it('does not undo later what was made since', async () => {
  await using rig = await rigWith('bob')
  rig.disk.fill()
  await expect(rig.call('user.role', { name: 'bob', role: 'viewer' }, ROOT)).rejects.toMatchObject(NOT_YET)
  await expect(rig.call('user.remove', { name: 'bob' }, ROOT)).rejects.toMatchObject(NOT_YET)
  rig.disk.free()
  rig.now += 1
  await rig.call('user.add', { name: 'bob', role: 'administrator', password: PASSWORD }, ROOT)
  await rig.restart()
  expect(rig.access.users.list()).toMatchObject([{ name: 'ada' }, { name: 'bob', role: 'administrator' }])
})

it('keeps what it knows better than the disk when another program has written', async () => {
  await using rig = await rigWith()
  const cookie = await rig.signIn('ada')
  rig.now += 30_000
  const ada = rig.access.identify(cookie, undefined)!
  rig.disk.change()
  await rig.access.users.read()
  const [session] = await rig.call('session.list', {}, ada)
  expect(session).toMatchObject({ lastSeenAt: rig.now })
  expect(rig.access.users.list()).toMatchObject([{ lastSeenAt: rig.now }])
})

it('leaves the set-up link good when the disk does not take the first administrator', async () => {
  await using rig = await AccessRig.open()
  const key = rig.access.setupPath()!.split('key=')[1]!
  rig.disk.fill()
  await expect(rig.access.setUp(key, 'ada', PASSWORD, ADDRESS)).rejects.toMatchObject(FULL)
  rig.disk.free()
  await expect(rig.access.setUp(key, 'ada', PASSWORD, ADDRESS)).resolves.toBeTypeOf('string')
})

describe('over the store of the bench', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lightbench-access-'))
    file = join(folder, 'lightbench.db')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const open = (database: Database): Promise<Access> =>
    Access.open(database, { limits: { idleMs: DAY, mostMs: DAY }, secure: false })

  it('writes what has ended as soon as the disk takes it again', async () => {
    await using database = await Database.open({ file, log: pino({ level: 'silent' }) })
    await using access = await open(database)
    await access.users.add('ada', 'administrator', PASSWORD)
    const { id } = await access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'ada')
    using other = openDatabase(file)
    other.exec('BEGIN IMMEDIATE')
    const tokens = (): number => other.prepare('SELECT * FROM token').all().length
    await expect(access.tokens.revoke(id)).rejects.toMatchObject({
      code: 'storage.failed',
      message: expect.stringContaining('it has ended here') as string,
    })
    expect([access.tokens.list(), tokens()]).toEqual([[], 1])
    other.exec('ROLLBACK')
    await expect.poll(tokens, { timeout: 5000 }).toBe(0)
  })

  it('takes and makes rights at the same moment', async () => {
    await using database = await Database.open({ file, log: pino({ level: 'silent' }) })
    await using access = await open(database)
    await access.users.add('ada', 'administrator', PASSWORD)
    await access.users.add('bob', 'viewer', PASSWORD)
    const removed = access.users.remove('bob')
    const made = access.tokens.add({ name: 'a', role: 'viewer', scope: {} }, 'ada')
    await Promise.all([removed, made, access.users.read()])
    expect(access.users.list().map(({ name }) => name)).toEqual(['ada'])
    expect(access.tokens.list()).toHaveLength(1)
  })
})
