import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { userActions } from '../../bridge/cli/user.ts'
import { Audit } from '../../bridge/access/audit.ts'
import { checkAudit } from '../../bridge/access/audit-check.ts'
import { readAuditKey } from '../../bridge/access/audit-key.ts'
import { Database } from '../../bridge/store/database.ts'
import { databaseFile, openDatabase } from '../../bridge/store/sqlite.ts'

const PASSWORD = 'correct horse battery'
const log = pino({ level: 'silent' })
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  file = databaseFile(join(folder, 'data'))
  await writeFile(join(folder, 'bench.yaml'), 'devices: {}')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const user = (verb: string, ...args: string[]): Promise<void> =>
  userActions[verb]!.run([...args, '--config', join(folder, 'bench.yaml')], {
    print: () => {},
    note: () => {},
    askSecret: () => Promise.resolve(PASSWORD),
  })

it('says what was done to people on the command line, beside a bridge, without their passwords', async () => {
  await using database = await Database.open({ file, log })
  using audit = await Audit.open(database, 10, log)
  await user('add', 'ada', '--role', 'administrator')
  await user('list')
  await expect(user('add', 'ada')).rejects.toMatchObject({ code: 'user.exists' })
  await user('passwd', 'ada')
  const lines = (await audit.read({}, { limit: 9 })).reverse()
  expect(
    lines.map(({ who, via, action, input }) => [who, via, action, JSON.parse(input) as unknown]),
  ).toEqual([
    [
      'command line',
      'local',
      'user.add',
      { name: 'ada', role: 'administrator', password: '(secret)', scope: {} },
    ],
    ['command line', 'local', 'user.password', { name: 'ada', password: '(secret)' }],
  ])
  using other = openDatabase(file)
  expect(checkAudit(other, (await readAuditKey(join(folder, 'data')))!)).toMatchObject({
    lines: 2,
    wrong: undefined,
  })
})

it('adds people to a bench that has no audit yet', async () => {
  await user('add', 'ada')
  using db = openDatabase(file)
  expect(db.prepare('SELECT name FROM user').all()).toEqual([{ name: 'ada' }])
})
