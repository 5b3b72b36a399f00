import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Audit, type NewEntry } from '../../bridge/access/audit.ts'
import { addAuditHash } from '../../bridge/access/audit-chain.ts'
import { type AuditCheck, checkAudit } from '../../bridge/access/audit-check.ts'
import { readAuditKey } from '../../bridge/access/audit-key.ts'
import { Database } from '../../bridge/store/database.ts'
import { databaseFile, openDatabase } from '../../bridge/store/sqlite.ts'

const DAY_MS = 86_400_000
const log = pino({ level: 'silent' })
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lightbench-audit-'))
  file = databaseFile(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const line = (part: Partial<NewEntry> = {}): NewEntry => ({
  ...{ at: Date.now(), who: 'ada', via: 'session', address: '', action: 'a.b', input: '{}', outcome: 'ok' },
  ms: 0.1 + 0.2,
  ...part,
})

/** Writes these lines with an audit that is open for as long as that takes. */
async function write(...lines: NewEntry[]): Promise<void> {
  await using database = await Database.open({ file, log })
  using audit = await Audit.open(database, 10, log)
  for (const each of lines) audit.note(each)
  await database.flushed()
}

/** What somebody does to the file who can write it, its triggers gone. */
function tamper(sql: string): void {
  using db = new DatabaseSync(file)
  db.exec(
    'DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_kept; DROP TRIGGER audit_anchor_is_a_line',
  )
  db.exec(sql)
}

async function check(): Promise<AuditCheck> {
  using db = new DatabaseSync(file, { readOnly: true })
  return checkAudit(db, (await readAuditKey(folder))!)
}

it('is whole from its first line to its last, over restarts and whatever the lines hold', async () => {
  await write(line({ action: 'first' }), line({ device: 'cam', message: 'grün 🔬 \u0000 \ud800', ms: 1e-7 }))
  await write(line({ at: Date.now() - DAY_MS, input: '{"a":"\\u0000"}' }), line({ action: 'last' }))
  expect(await check()).toMatchObject({ lines: 4, wrong: undefined, first: { id: 1 }, last: { id: 4 } })
  expect((await stat(join(folder, 'audit.key'))).mode & 0o777).toBe(0o600)
})

it.each([
  [
    'a line that was changed',
    "UPDATE audit SET who = 'bob' WHERE id = 3",
    /^line 3 of .* does not fit line 2,/,
  ],
  ['a line that is missing', 'DELETE FROM audit WHERE id = 3', /^line 4 of .* does not fit line 2,/],
  [
    'a line that was slipped in',
    "INSERT INTO audit VALUES (7, 0, 'x', '', '', '', NULL, '', '', NULL, 0, 'ff')",
    /^line 7 /,
  ],
  ['lines in another order', 'UPDATE audit SET id = 9 WHERE id = 3', /^line 4 /],
  ['a beginning that was cut off', 'DELETE FROM audit WHERE id < 3', /^line 3 of .* which is the first/],
  [
    'a beginning that was cut off and anchored without the key',
    'UPDATE audit_anchor SET number = 2, hash = (SELECT hash FROM audit WHERE id = 2); DELETE FROM audit WHERE id < 3',
    /^the seal of its beginning, behind line 2, was not made with this audit\.key/,
  ],
  [
    'an end that was cut off',
    'DELETE FROM audit WHERE id > 3',
    /^lines behind line 3 are missing: line 5 is to be the last$/,
  ],
  [
    'an end that was cut off and sealed without the key',
    'DELETE FROM audit WHERE id > 3; UPDATE audit_end SET number = 3, hash = (SELECT hash FROM audit WHERE id = 3)',
    /^the seal of its end, behind line 3, was not made with this audit\.key/,
  ],
])('names %s', async (_what, sql, words) => {
  await write(...Array.from({ length: 5 }, () => line()))
  tamper(sql)
  expect((await check()).wrong).toMatch(words)
})

it('stays whole where lines found no room, where writing was tried again, and where another program writes', async () => {
  await using database = await Database.open({ file, log })
  using audit = await Audit.open(database, 10, log)
  using other = openDatabase(file)
  other.exec('BEGIN IMMEDIATE')
  for (let i = 0; i < 10; i++) audit.note(line({ input: 'x'.repeat(2 ** 20) }))
  await expect(database.flushed()).rejects.toMatchObject({ code: 'storage.failed' })
  other.exec('ROLLBACK')
  await database.flushed()
  await write(line({ action: 'by another' }))
  audit.note(line({ action: 'after' }))
  await database.flushed()
  const { wrong, lines } = await check()
  expect(wrong).toBeUndefined()
  expect(lines).toBe(7 + 1 + 2)
})

it('verifies from its anchor when old lines are gone, and goes on counting when all are', async () => {
  await using database = await Database.open({ file, log })
  using audit = await Audit.open(database, 10, log)
  await audit.purge()
  const now = Date.now()
  for (let i = 0; i < 2100; i++) audit.note(line({ at: now - 11 * DAY_MS }))
  for (let i = 0; i < 3; i++) audit.note(line({ at: now - 9 * DAY_MS }))
  await database.flushed()
  await audit.purge(now)
  expect(await check()).toMatchObject({ wrong: undefined, lines: 3, first: { id: 2101 } })
  await audit.purge(now + 2 * DAY_MS)
  expect(await check()).toMatchObject({ wrong: undefined, lines: 0 })
  audit.note(line())
  await database.flushed()
  expect(await check()).toMatchObject({ wrong: undefined, lines: 1, first: { id: 2104 } })
})

it('forgets only what is older than the lines behind it, whatever the clock has said', async () => {
  await using database = await Database.open({ file, log })
  using audit = await Audit.open(database, 10, log)
  await audit.purge()
  const now = Date.now()
  const [old, young, yetToCome] = [now - 11 * DAY_MS, now - DAY_MS, now + 900 * DAY_MS]
  for (const at of [old, yetToCome, old, young, 0, young]) audit.note(line({ at }))
  await database.flushed()
  await audit.purge(now)
  expect((await audit.read({}, { limit: 9 })).map(({ id }) => id)).toEqual([6, 5, 4])
  expect((await check()).wrong).toBeUndefined()
})

it('says at the start that its newest lines do not fit, and that a new key was made', async () => {
  await write(line(), line())
  await rm(join(folder, 'audit.key'))
  await write(line({ action: 'next' }))
  using db = new DatabaseSync(file, { readOnly: true })
  expect(db.prepare('SELECT action, message FROM audit WHERE id > 2 ORDER BY id').all()).toEqual([
    {
      action: 'audit.broken',
      message:
        'line 2 of the audit does not fit its key: audit.key was missing and a new one was made. See lightbench check',
    },
    { action: 'next', message: null },
  ])
  // The new lines fit what they follow: said once, it is not said again.
  await write(line())
  expect(db.prepare("SELECT count(*) AS n FROM audit WHERE action = 'audit.broken'").get()).toEqual({ n: 1 })
  expect((await check()).wrong).toMatch(/seal of its beginning.*audit\.key/)
})

it('refuses a key that is none, saying what to do, and changes nothing', async () => {
  await writeFile(join(folder, 'audit.key'), 'not a key')
  await expect(write()).rejects.toMatchObject({
    code: 'storage.failed',
    message: expect.stringMatching(/audit\.key is damaged.*Restore it from a backup/) as string,
  })
  expect(await readFile(join(folder, 'audit.key'), 'utf8')).toBe('not a key')
})

it('chains the lines of before there was a chain', async () => {
  const before = openDatabase(file)
  before.exec(`
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, via TEXT NOT NULL, address TEXT NOT NULL,
      action TEXT NOT NULL, device TEXT, input TEXT NOT NULL, outcome TEXT NOT NULL, message TEXT, ms REAL NOT NULL
    ) STRICT;
    CREATE INDEX audit_at ON audit (at);
    CREATE TABLE audit_kept (since INTEGER NOT NULL) STRICT;
    INSERT INTO audit_kept VALUES (0);
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'x'); END;
    CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.at >= (SELECT since FROM audit_kept) BEGIN SELECT RAISE(ABORT, 'x'); END;
    INSERT INTO migration VALUES ('audit', 1);`)
  const insert = before.prepare(
    "INSERT INTO audit VALUES (?, ?, 'ada', '', '', 'old', NULL, '{}', 'ok', NULL, 0.5)",
  )
  for (const id of [40, 41, 43]) insert.run(id, Date.now())
  before.close()
  await write(line())
  expect(await check()).toMatchObject({ wrong: undefined, lines: 4, first: { id: 40 }, last: { id: 44 } })
  tamper("UPDATE audit SET who = 'bob' WHERE id = 41")
  expect((await check()).wrong).toMatch(/^line 41 /)
})

it('is hashed by whoever opens the database, with the key that is given', () => {
  using db = new DatabaseSync(':memory:')
  addAuditHash(db)
  // HMAC-SHA-256 of ["a",1,null,0.5] with the key "key", by openssl dgst -sha256 -hmac key.
  expect(db.prepare("SELECT audit_hash(CAST('key' AS BLOB), 'a', 1, NULL, 0.5) AS hash").get()).toEqual({
    hash: '32d16d2391ba34e0c35c215246561ba6a1765b8aba3c90964c4a7fecd3f524b4',
  })
})
