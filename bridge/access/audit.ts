import type { SQLInputValue } from 'node:sqlite'
import { dirname } from 'node:path'
import { type AuditEntry, auditEntry, type AuditFilter } from '../../shared/access/audit.ts'
import type { StoreSickness } from '../../shared/diagnostics/storage.ts'
import { retentionMs } from '../core/clock.ts'
import { withDeadline } from '../core/deadline.ts'
import type { Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import type { Row } from '../core/tables.ts'
import { appended, chained, cutOff, cutting, HASHED, lineHash, setFree } from './audit-chain.ts'
import { openAuditKey } from './audit-key.ts'
import type { Database } from '../store/database.ts'

const PURGE_EVERY_MS = 3_600_000
const DAY_MS = 86_400_000
/** Lines that are deleted at once: some ms of the store's thread, which has others to serve. */
const PURGED_AT_ONCE = 2000
/** Lines that an export reads at once: more would hold up the event loop while they are copied. */
const EXPORTED_AT_ONCE = 200
/** Lines that one query looks through at most, whatever it looks for. */
const SCANNED_AT_ONCE = 5000
/** Of what the store says of its failure. */
const LONGEST_WHY = 300
/** Whoever reads waits so long for what was noted before to be written. */
const WRITTEN_WITHIN_MS = 1000

function steps(key: Uint8Array): string[] {
  return [
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
    setFree,
    // What older versions have kept in clear: before the lines are chained, after which nothing changes them.
    'SELECT audit_purge_secrets()',
    chained(key),
  ]
}

const COLUMNS = Object.keys(auditEntry.shape).join(', ')

/** A line that is yet to get its number. */
export type NewEntry = Omit<AuditEntry, 'id'>

/** Who did what, and what came of it: a table that only grows at its end, and shrinks only by age. Each line holds a hash over itself and the line before. */
export class Audit implements Disposable {
  readonly #database: Database
  readonly #key: Uint8Array
  readonly #log: Logger
  readonly #keepDays: number
  readonly #purging: NodeJS.Timeout
  readonly #endHealth: () => void
  readonly #closing = new AbortController()
  /** Lines that found no room since the store was last well. */
  #lost = 0

  private constructor(database: Database, key: Uint8Array, keepDays: number, log: Logger) {
    this.#database = database
    this.#key = key
    this.#log = log
    this.#keepDays = keepDays
    this.#endHealth = database.health.on((sick, wasSick) => {
      if (!sick && wasSick) this.#noteGap(wasSick)
    })
    this.#purging = setInterval(() => this.#purgeOrLog(), PURGE_EVERY_MS)
  }

  /** Keeps its lines for `keepDays`. Rejects with `storage.failed` when its tables cannot be brought up to date, or its key cannot be had. */
  static async open(database: Database, keepDays: number, log: Logger): Promise<Audit> {
    const { key, isNew } = await openAuditKey(dirname(database.file))
    await database.migrate('audit', steps(key))
    const audit = new Audit(database, key, keepDays, log)
    await audit.#requireFit(isNew)
    audit.#purgeOrLog()
    return audit
  }

  handlers: Handlers = {
    'audit.read': ({ before, limit, ...filter }, { signal }) => this.read(filter, { before, limit, signal }),
  }

  /**
   * Notes a line; it is on disk within 50 ms. Whoever acts does not wait for the disk: what a disk does not take is
   * kept in memory as far as there is room, and one line counts what was lost once it takes it again.
   */
  note(line: NewEntry): void {
    const lostBefore = this.#lostByStore()
    this.#database.later(appended(this.#key, line))
    if (this.#lostByStore() > lostBefore) this.#lost += 1
  }

  /** Lines newest first, from `before` on. Rejects with `aborted` by the signal, `storage.failed` when they cannot be read. */
  async read(
    filter: AuditFilter,
    { before, limit, signal }: { before?: number | undefined; limit: number; signal?: AbortSignal },
  ): Promise<AuditEntry[]> {
    const first = await this.#firstAndLast()
    const found: AuditEntry[] = []
    let below = Math.min(before ?? Infinity, first.last + 1)
    while (found.length < limit && below > first.first) {
      signal?.throwIfAborted()
      const from = Math.max(first.first, below - SCANNED_AT_ONCE)
      const { where, values } = clauses(filter, [
        ['id >= ?', from],
        ['id < ?', below],
      ])
      const sql = `SELECT ${COLUMNS} FROM audit ${where} ORDER BY id DESC LIMIT ?`
      found.push(...(await this.#rows(sql, [...values, limit - found.length])))
      below = from
    }
    return found
  }

  /** All lines that match, oldest first, some at a time. What is written meanwhile is not among them. */
  async *readAll(filter: AuditFilter): AsyncGenerator<AuditEntry[]> {
    const { first, last } = await this.#firstAndLast()
    for (let from = first; from <= last;) {
      const to = Math.min(last, from + SCANNED_AT_ONCE - 1)
      const { where, values } = clauses(filter, [
        ['id >= ?', from],
        ['id <= ?', to],
      ])
      const sql = `SELECT ${COLUMNS} FROM audit ${where} ORDER BY id LIMIT ?`
      const rows = await this.#rows(sql, [...values, EXPORTED_AT_ONCE])
      if (rows.length > 0) yield rows
      from = rows.length === EXPORTED_AT_ONCE ? (rows.at(-1)?.id ?? to) + 1 : to + 1
    }
  }

  /** Forgets what is older than it is to be kept. Rejects when the disk does not take that. */
  async purge(now: number = retentionMs()): Promise<void> {
    const { sql, values } = cutting(now - this.#keepDays * DAY_MS, now, PURGED_AT_ONCE)
    while (!this.#closing.signal.aborted) {
      const last = await this.#database.get(sql, ...values)
      if (!last) return
      await this.#database.write(...cutOff(this.#key, { id: Number(last['id']), hash: String(last['hash']) }))
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort()
    clearInterval(this.#purging)
    this.#endHealth()
  }

  #purgeOrLog(): void {
    this.#purgeAndSayLast().catch((error: unknown) => {
      if (!this.#closing.signal.aborted)
        this.#log.error({ error }, 'old lines of the audit could not be deleted')
    })
  }

  /** The log is kept elsewhere: whoever cuts lines off the audit's end has to cut this off, too. */
  async #purgeAndSayLast(): Promise<void> {
    await this.purge()
    const [last] = await this.#newest(1)
    if (last) this.#log.info({ number: last['id'], hash: last['hash'] }, 'the last line of the audit')
  }

  /** A line says when the newest ones were not written with this key; `lightbench check` looks at them all. */
  async #requireFit(keyIsNew: boolean): Promise<void> {
    const [last, before] = await this.#newest(2)
    const anchor = await this.#database.get('SELECT hash FROM audit_anchor')
    if (!last || last['hash'] === lineHash(this.#key, String((before ?? anchor)?.['hash']), last)) return
    const why = keyIsNew ? 'audit.key was missing and a new one was made' : 'it was changed, or audit.key was'
    const message = `line ${String(last['id'])} of the audit does not fit its key: ${why}. See lightbench check`
    this.#log.error(message)
    this.#noteOwn('audit.broken', message)
  }

  async #newest(count: number): Promise<Row[]> {
    const columns = ['id', ...HASHED, 'hash'].join(', ')
    return this.#database.all(`SELECT ${columns} FROM audit ORDER BY id DESC LIMIT ?`, count)
  }

  #noteOwn(action: string, message: string, ms = 0): void {
    const own = { who: 'bridge', via: 'store', address: '', input: '{}', outcome: 'ok' }
    this.note({ at: Date.now(), ...own, action, message, ms })
  }

  /** Before what was kept in memory is written: it finds room. */
  #noteGap({ since, why }: StoreSickness): void {
    const lost = this.#lost
    this.#lost = 0
    const until = Date.now()
    const times = `from ${new Date(since).toISOString()} to ${new Date(until).toISOString()}`
    const message = `nothing could be written ${times}: ${why.slice(0, LONGEST_WHY)}; ${lost} lines of the audit were lost`
    this.#noteOwn('storage.recovered', message, until - since)
    // Found no room itself: the next one says it.
    if (this.#lost > 0) this.#lost += lost
  }

  #lostByStore(): number {
    return this.#database.health.sick?.lost ?? 0
  }

  /** The numbers of the oldest and the newest line, once what was noted so far is written. */
  async #firstAndLast(): Promise<{ first: number; last: number }> {
    if (!this.#database.health.sick)
      await withDeadline(this.#database.flushed(), WRITTEN_WITHIN_MS, 'writing the audit').catch(() => {})
    const row = await this.#database.get(
      'SELECT (SELECT min(id) FROM audit) AS first, (SELECT max(id) FROM audit) AS last',
    )
    return { first: Number(row?.['first'] ?? 1), last: Number(row?.['last'] ?? 0) }
  }

  async #rows(sql: string, values: SQLInputValue[]): Promise<AuditEntry[]> {
    return (await this.#database.all(sql, ...values)).map(entryOf)
  }
}

function entryOf(row: Row): AuditEntry {
  return auditEntry.parse(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))
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
