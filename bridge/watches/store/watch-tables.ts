import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { watch as watchSchema } from '../../../shared/watches/watch.ts'
import type { WatchCheck } from '../../../shared/watches/watch-history.ts'
import { isDamage, migrate, openDatabase } from '../../store/sqlite.ts'
import type { Batch, Finished, Kept, Loaded, StoredSnapshot, WatchStorage } from './watch-storage.ts'

const steps = [
  `CREATE TABLE watch (id TEXT PRIMARY KEY, body TEXT NOT NULL, state TEXT, deleted INTEGER, undo TEXT) STRICT;
   CREATE TABLE queue (watch TEXT PRIMARY KEY, by TEXT, at INTEGER NOT NULL) STRICT;
   CREATE TABLE check_ (watch TEXT NOT NULL, seq INTEGER NOT NULL, news INTEGER NOT NULL, number REAL, snapshot INTEGER NOT NULL,
     body TEXT NOT NULL, PRIMARY KEY (watch, seq)) STRICT, WITHOUT ROWID;
   CREATE INDEX check_news ON check_ (watch, seq) WHERE news = 1;
   CREATE INDEX check_snapshot ON check_ (watch, seq) WHERE snapshot = 1;
   CREATE TABLE outbox (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, body TEXT NOT NULL) STRICT`,
]

/** How long another program's lock is waited for. */
const BUSY_MS = 1500
/** Old checks are deleted once in so many. */
const SWEEP_EVERY = 32
const NEWEST_SEEN = 'coalesce((SELECT max(seq) FROM check_ WHERE watch = ? AND snapshot = 1), 0)'

/** The watches' tables and the files of what they saw. Everything waits for the disk: for a worker thread. */
export class WatchTables implements WatchStorage {
  readonly #db: DatabaseSync
  readonly #folder: string
  readonly #movedAside: string | undefined

  constructor(file: string, folder: string) {
    // Watches are worth less than the bench that they are a part of: it starts without them.
    this.#movedAside = isUsable(file) ? undefined : moveAside(file)
    this.#db = openDatabase(file, BUSY_MS)
    migrate(this.#db, 'watches', steps)
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /** Everything that has to be known while the bridge runs. What cannot be read is kept, named and left out. */
  load(): Loaded {
    const loaded: Loaded = {
      watches: [],
      unreadable: [],
      queue: [],
      outbox: [],
      movedAside: this.#movedAside,
    }
    for (const row of this.#db.prepare('SELECT id, body, state FROM watch WHERE deleted IS NULL').all()) {
      const found = watchSchema.safeParse(JSON.parse(String(row['body'])))
      const state = row['state'] === null ? undefined : (JSON.parse(String(row['state'])) as Kept)
      if (found.success) loaded.watches.push({ watch: found.data, state })
      else loaded.unreadable.push({ id: String(row['id']), why: found.error.message })
    }
    for (const { watch, by } of this.#db.prepare('SELECT watch, by FROM queue ORDER BY at').all()) {
      loaded.queue.push({ watch: String(watch), by: by === null ? undefined : String(by) })
    }
    for (const { id, channel, body } of this.#db
      .prepare('SELECT id, channel, body FROM outbox ORDER BY id')
      .all()) {
      loaded.outbox.push({ id: Number(id), channel: String(channel), body: String(body) })
    }
    return loaded
  }

  /** Many small changes in one transaction: it is done, or nothing of it. */
  commit({ saved, finished, queue, posted, delivered }: Batch): void {
    this.#transact(() => {
      for (const watch of saved) this.#save(watch)
      for (const { watch, entered } of queue) {
        if (entered)
          this.#run(
            'INSERT INTO queue VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET by = excluded.by',
            ...[watch, entered.by ?? null, entered.at],
          )
        else this.#run('DELETE FROM queue WHERE watch = ?', watch)
      }
      for (const done of finished) this.#finish(done)
      for (const { id, channel, body } of posted)
        this.#run('INSERT INTO outbox VALUES (?, ?, ?)', id, channel, body)
      for (const id of delivered) this.#run('DELETE FROM outbox WHERE id = ?', id)
    })
  }

  /** Marks watches as deleted, to be brought back under `undo`. */
  remove(ids: string[], undo: string, at: number): void {
    this.#transact(() => {
      for (const id of ids) {
        this.#run('UPDATE watch SET deleted = ?, undo = ? WHERE id = ?', at, undo, id)
        this.#run('DELETE FROM queue WHERE watch = ?', id)
      }
    })
  }

  /** Brings back what was deleted under `undo`. */
  restore(undo: string): Loaded['watches'] {
    const rows = this.#db.prepare('SELECT id FROM watch WHERE undo = ? AND deleted IS NOT NULL').all(undo)
    const ids = new Set(rows.map(({ id }) => String(id)))
    this.#run('UPDATE watch SET deleted = NULL, undo = NULL WHERE undo = ?', undo)
    return this.load().watches.filter(({ watch: { id } }) => ids.has(id))
  }

  /** Deletes for good what was marked as deleted before `before`. */
  purge(before: number): void {
    for (const { id } of this.#db.prepare('SELECT id FROM watch WHERE deleted < ?').all(before)) {
      this.clear([String(id)])
      this.#run('DELETE FROM watch WHERE id = ?', String(id))
    }
  }

  /** Deletes the checks of watches, and what they saw. */
  clear(ids: string[]): void {
    this.#transact(() => {
      for (const id of ids) this.#run('DELETE FROM check_ WHERE watch = ?', id)
    })
    for (const id of ids) rmSync(join(this.#folder, id), { recursive: true, force: true })
  }

  history(id: string, before: number, limit: number, newsOnly: boolean): WatchCheck[] {
    const only = newsOnly ? 'AND news = 1' : ''
    return this.#db
      .prepare(`SELECT body FROM check_ WHERE watch = ? AND seq < ? ${only} ORDER BY seq DESC LIMIT ?`)
      .all(id, before, limit)
      .map(({ body }) => JSON.parse(String(body)) as WatchCheck)
  }

  /** The newest numbers of each, oldest first. */
  sparks(ids: string[], points: number): Record<string, { at: number; value: number }[]> {
    const newest = this.#db.prepare(
      "SELECT body ->> 'at' AS at, number FROM check_ WHERE watch = ? AND number IS NOT NULL ORDER BY seq DESC LIMIT ?",
    )
    return Object.fromEntries(
      ids.map((id) => [
        id,
        newest
          .all(id, points)
          .map(({ at, number }) => ({ at: Number(at), value: Number(number) }))
          .reverse(),
      ]),
    )
  }

  /** The snapshot of a check, or the newest at or before it; undefined when there is none. */
  snapshot(id: string, seq: number, orBefore: boolean): StoredSnapshot | undefined {
    const which = orBefore ? 'seq <= ? ORDER BY seq DESC LIMIT 1' : 'seq = ?'
    const row = this.#db
      .prepare(`SELECT body FROM check_ WHERE watch = ? AND snapshot = 1 AND ${which}`)
      .get(id, seq)
    if (!row) return undefined
    const check = JSON.parse(String(row['body'])) as WatchCheck
    if (!check.snapshot) return undefined
    const text =
      check.snapshot === 'image' ? undefined : readFileSync(this.#file(id, check.seq, 'txt'), 'utf8')
    return { seq: check.seq, at: check.at, kind: check.snapshot, text, picture: check.picture === true }
  }

  close(): void {
    this.#db.close()
  }

  #save({ watch, state }: Batch['saved'][number]): void {
    const { id } = watch
    this.#run(
      'INSERT INTO watch (id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
      id,
      JSON.stringify(watch),
    )
    if (state) this.#run('UPDATE watch SET state = ? WHERE id = ?', JSON.stringify(state), id)
  }

  #finish({
    watch,
    seq,
    check,
    state,
    number,
    news,
    keepChecks,
    keepSnapshots,
    text,
    picture,
  }: Finished): void {
    const seen = text !== undefined || picture !== undefined
    if (seen) {
      mkdirSync(join(this.#folder, watch), { recursive: true })
      if (text !== undefined) writeFileSync(this.#file(watch, seq, 'txt'), text)
      if (picture) writeFileSync(this.#file(watch, seq, 'png'), picture)
    }
    this.#run(
      'INSERT OR REPLACE INTO check_ VALUES (?, ?, ?, ?, ?, ?)',
      ...[watch, seq, news ? 1 : 0, number, seen ? 1 : 0, check],
    )
    this.#run('UPDATE watch SET state = ? WHERE id = ?', state, watch)
    if (seen) this.#dropSnapshots(watch, keepSnapshots)
    if (seq % SWEEP_EVERY === 0) {
      const oldest = seq - keepChecks
      const old = this.#db
        .prepare(
          'SELECT seq FROM check_ WHERE watch = ? AND snapshot = 1 ORDER BY seq DESC LIMIT -1 OFFSET 1',
        )
        .all(watch)
        .map((row) => Number(row['seq']))
        .filter((each) => each <= oldest)
      for (const each of old) this.#dropFiles(watch, each)
      this.#run(
        `DELETE FROM check_ WHERE watch = ? AND seq <= ? AND seq <> ${NEWEST_SEEN}`,
        watch,
        oldest,
        watch,
      )
    }
  }

  /** What is compared with next time is always kept: the newest. */
  #dropSnapshots(watch: string, keep: number): void {
    const old = this.#db
      .prepare('SELECT seq FROM check_ WHERE watch = ? AND snapshot = 1 ORDER BY seq DESC LIMIT -1 OFFSET ?')
      .all(watch, Math.max(1, keep))
    for (const row of old) {
      const seq = Number(row['seq'])
      this.#dropFiles(watch, seq)
      this.#run(
        "UPDATE check_ SET snapshot = 0, body = json_remove(body, '$.snapshot', '$.picture') WHERE watch = ? AND seq = ?",
        watch,
        seq,
      )
    }
  }

  #dropFiles(watch: string, seq: number): void {
    for (const ending of ['txt', 'png'] as const) rmSync(this.#file(watch, seq, ending), { force: true })
  }

  #file(watch: string, seq: number, ending: 'txt' | 'png'): string {
    return join(this.#folder, watch, `${seq}.${ending}`)
  }

  #transact(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  readonly #prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  #run(sql: string, ...values: (string | number | null)[]): void {
    let statement = this.#prepared.get(sql)
    if (!statement) this.#prepared.set(sql, (statement = this.#db.prepare(sql)))
    statement.run(...values)
  }
}

/** Whether it is a database, or is not there yet. */
function isUsable(file: string): boolean {
  if (!existsSync(file)) return true
  if (statSync(file).size === 0) return false
  try {
    using db = openDatabase(file, BUSY_MS)
    const { quick_check: found } = db.prepare('PRAGMA quick_check(1)').get() ?? {}
    return found === 'ok'
  } catch (error) {
    if (isDamage(error) || (error as { code?: unknown }).code === 'storage.failed') return false
    throw error
  }
}

/** Answers where it lies now, with all that belongs to it. */
function moveAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`
  for (const ending of ['', '-wal', '-shm']) {
    if (existsSync(file + ending)) renameSync(file + ending, aside + ending)
  }
  return aside
}
