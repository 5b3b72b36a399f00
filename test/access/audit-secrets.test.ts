import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { purgeAuditSecrets } from '../../bridge/access/audit-secrets.ts'

/** The table as the first version that kept an audit made it. */
const TABLE = `CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, via TEXT NOT NULL, address TEXT NOT NULL,
    action TEXT NOT NULL, device TEXT, input TEXT NOT NULL, outcome TEXT NOT NULL, message TEXT, ms REAL NOT NULL
  ) STRICT;
  CREATE TABLE audit_kept (since INTEGER NOT NULL) STRICT;
  INSERT INTO audit_kept VALUES (0);
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.at >= (SELECT since FROM audit_kept)
    BEGIN SELECT RAISE(ABORT, 'the audit is kept for its set time'); END;`

const PASSWORD = 'correct horse battery'

function open(): {
  db: DatabaseSync
  file: string
  add: (action: string, input: string, message?: string) => void
} {
  const file = join(mkdtempSync(join(tmpdir(), 'lightbench-')), 'lightbench.db')
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec(TABLE)
  const insert = db.prepare(
    "INSERT INTO audit (at, who, via, address, action, input, outcome, message, ms) VALUES (1, 'anna', 'session', '', ?, ?, 'ok', ?, 1)",
  )
  return { db, file, add: (action, input, message) => insert.run(action, input, message ?? null) }
}

const inputs = (db: DatabaseSync): unknown[] =>
  db
    .prepare('SELECT input FROM audit ORDER BY id')
    .all()
    .map(({ input }) => input)

it('takes passwords out of lines of the audit, and off the disk', () => {
  const { db, file, add } = open()
  add('session.password', JSON.stringify({ current: PASSWORD, password: '(secret)' }))
  add('lease.take', '{}')
  add('turret.move', '{"device":"turret","pan":3}')
  add('watch.import', JSON.stringify({ cut: `{"text":"${PASSWORD}` }))
  expect(purgeAuditSecrets(db)).toBe(2)
  expect(inputs(db)).toEqual([
    '{"current":"(secret)","password":"(secret)"}',
    '{}',
    '{"device":"turret","pan":3}',
    '{"(unknown)":"1 members"}',
  ])
  for (const each of [file, `${file}-wal`]) expect(readFileSync(each, 'latin1')).not.toContain(PASSWORD)
  db.close()
})

it('takes who signs in and what is asked out of addresses in messages', () => {
  const { db, add } = open()
  add('camera.still', '{}', 'w has failed (http://anna:pw@a.lab/x?t=secret answered 404); saved by ben')
  purgeAuditSecrets(db)
  expect(db.prepare('SELECT message FROM audit').get()?.['message']).toBe(
    'w has failed (http://…:…@a.lab/x?t=… answered 404); saved by ben',
  )
  db.close()
})

it('leaves the audit as closed to changes as it was, and changes nothing the second time', () => {
  const { db, add } = open()
  for (let i = 0; i < 1200; i++)
    add('user.add', JSON.stringify({ name: 'ben', role: 'viewer', password: PASSWORD }))
  expect(purgeAuditSecrets(db)).toBe(1200)
  expect(purgeAuditSecrets(db)).toBe(0)
  expect(() => db.exec("UPDATE audit SET who = 'nobody'")).toThrow('append-only')
  expect(() => db.exec('DELETE FROM audit')).toThrow('kept for its set time')
  db.close()
})

it('is part of the caller’s transaction where there is one', () => {
  const { db, add } = open()
  add('session.password', JSON.stringify({ current: PASSWORD, password: PASSWORD }))
  db.exec('BEGIN')
  purgeAuditSecrets(db)
  db.exec('ROLLBACK')
  expect(JSON.stringify(inputs(db))).toContain(PASSWORD)
  expect(() => db.exec("UPDATE audit SET who = 'nobody'")).toThrow('append-only')
  db.close()
})
