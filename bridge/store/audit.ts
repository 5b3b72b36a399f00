import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type AuditEntry, auditEntry, type AuditFilter } from '../../shared/audit.ts'
import type { Handlers } from '../core/device.ts'
import type { Logger } from '../core/log.ts'
import { migrate } from './sqlite.ts'

const FLUSH_MS = 50
/** Lines that wait to be written: more means that the disk does not take them. */
const MOST_WAITING = 10_000
const ROWS_A_FLUSH = 500
const PURGE_EVERY_MS = 3_600_000
const DAY_MS = 86_400_000
const EXPORT_ROWS = 500

const steps = [
  `CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, via TEXT NOT NULL, address TEXT NOT NULL,
    action TEXT NOT NULL, device TEXT, input TEXT NOT NULL, outcome TEXT NOT NULL, message TEXT, ms REAL NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE TABLE audit_kept (since INTEGER NOT NULL) STRICT;
  INSERT INTO audit_kept VALUES (0);
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
  CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.at >= (SELECT since FROM audit_kept)
    BEGIN SELECT RAISE(ABORT, 'the audit is kept for its set time'); END;`,
]

/** A line that is yet to get its number. */
export type NewEntry = Omit<AuditEntry, 'id'>

/** Who did what, and what came of it: a table that only grows at its end, and shrinks only by age. */
export class Audit implements Disposable {
  readonly #db: DatabaseSync
  readonly #log: Logger
  readonly #keepDays: number
  readonly #insert: StatementSync
  readonly #timers: NodeJS.Timeout[]
  #waiting: NewEntry[] = []
  #lost = 0

  /** Keeps its lines for `keepDays`. */
  constructor(db: DatabaseSync, keepDays: number, log: Logger) {
    migrate(db, 'audit', steps)
    this.#db = db
    this.#log = log
    this.#keepDays = keepDays
    this.#insert = db.prepare(
      'INSERT INTO audit (at, who, via, address, action, device, input, outcome, message, ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.purge()
    this.#timers = [
      setInterval(() => this.#flush(ROWS_A_FLUSH), FLUSH_MS),
      setInterval(() => this.purge(), PURGE_EVERY_MS),
    ]
  }

  handlers: Handlers = {
    'audit.read': ({ before, limit, ...filter }) => Promise.resolve(this.read(filter, { before, limit })),
  }

  /** Notes a line; it is on disk within 50 ms. Whoever acts does not wait for the disk. */
  note(entry: NewEntry): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(entry)
    else this.#lost += 1
  }

  /** Lines newest first, from `before` on. */
  read(filter: AuditFilter, { before, limit }: { before?: number | undefined; limit: number }): AuditEntry[] {
    this.#flush(Infinity)
    const { where, values } = clauses(filter, before === undefined ? [] : [['id < ?', before]])
    return this.#rows(`SELECT * FROM audit ${where} ORDER BY id DESC LIMIT ?`, [...values, limit])
  }

  /** All lines that match, oldest first, a few hundred at a time. */
  *readAll(filter: AuditFilter): Generator<AuditEntry[]> {
    this.#flush(Infinity)
    let after = 0
    for (;;) {
      const { where, values } = clauses(filter, [['id > ?', after]])
      const rows = this.#rows(`SELECT * FROM audit ${where} ORDER BY id LIMIT ?`, [...values, EXPORT_ROWS])
      if (rows.length === 0) return
      yield rows
      after = rows.at(-1)?.id ?? after
    }
  }

  /** Forgets what is older than it is to be kept. */
  purge(now: number = Date.now()): void {
    const since = now - this.#keepDays * DAY_MS
    this.#db.prepare('UPDATE audit_kept SET since = ?').run(since)
    this.#db.prepare('DELETE FROM audit WHERE at < ?').run(since)
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#flush(Infinity)
  }

  #rows(sql: string, values: SQLInputValue[]): AuditEntry[] {
    return this.#db
      .prepare(sql)
      .all(...values)
      .map((row) =>
        auditEntry.parse(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))),
      )
  }

  #flush(most: number): void {
    const rows = this.#waiting.splice(0, most)
    if (this.#lost > 0) {
      this.#log.error({ lost: this.#lost }, 'lines of the audit were lost: the disk does not take them')
      this.#lost = 0
    }
    if (rows.length === 0) return
    try {
      this.#db.exec('BEGIN')
      for (const { at, who, via, address, action, device, input, outcome, message, ms } of rows) {
        this.#insert.run(at, who, via, address, action, device ?? null, input, outcome, message ?? null, ms)
      }
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#log.error({ error }, 'the audit cannot be written')
      this.#waiting = [...rows, ...this.#waiting].slice(0, MOST_WAITING)
    }
  }
}

function clauses(
  { who, action, device, outcome, from, to }: AuditFilter,
  more: [string, SQLInputValue][],
): { where: string; values: SQLInputValue[] } {
  const all: [string, SQLInputValue | undefined][] = [
    ['who = ?', who],
    ["action LIKE ? || '%'", action],
    ['device = ?', device],
    ['at >= ?', from],
    ['at <= ?', to],
    ...more,
  ]
  const used = all.filter((clause): clause is [string, SQLInputValue] => clause[1] !== undefined)
  const conditions = used.map(([condition]) => condition)
  if (outcome !== undefined) conditions.push(outcome === 'ok' ? "outcome = 'ok'" : "outcome <> 'ok'")
  return {
    where: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '',
    values: used.map(([, value]) => value),
  }
}
