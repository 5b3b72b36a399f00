import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BenchError } from '../../shared/wire/errors.ts'
import { addFunctions } from './sql-functions.ts'

/** The command line waits so long for the bridge to have written; the bridge itself waits in its own way. */
const BUSY_MS = 2000

/** Where a bench keeps its people and its audit. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'lightbench.db')
}

/**
 * Opens a database of the bench, making it and its folder when they are missing. Only its owner can read either. Throws
 * `storage.failed` for a file that is empty, is no database, or is damaged, saying which and what to do.
 */
export function openDatabase(file: string, busyMs = BUSY_MS): DatabaseSync {
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) create(file)
  // SQLite takes an empty file for a new database: a bench that has lost its people would ask a stranger to set it up.
  if (statSync(file).size === 0) throw unusable(file, 'is empty (0 bytes)')
  chmodSync(file, 0o600)
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { timeout: busyMs })
    // With a write-ahead log readers never wait for the writer; NORMAL loses at most the last moment of a power cut.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
    db.prepare('SELECT count(*) FROM migration').get()
    addFunctions(db)
    return db
  } catch (error) {
    db?.close()
    throw isDamage(error) ? unusable(file, `is damaged (${(error as Error).message})`) : error
  }
}

/** Made aside and put in place whole: a database that is there has its first table. */
function create(file: string): void {
  const fresh = `${file}.new`
  // Before SQLite does, which would let others read it until it is closed to them, and makes its -wal and -shm alike.
  closeSync(openSync(fresh, 'w', 0o600))
  const db = new DatabaseSync(fresh)
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('CREATE TABLE IF NOT EXISTS migration (owner TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT')
  db.close()
  renameSync(fresh, file)
}

/**
 * Brings the tables of one owner up to date: of its steps, in order, those that this database has not seen. A step that
 * has been published is never changed; a new one is added. Throws `storage.failed` for tables of a newer version.
 */
export function migrate(db: DatabaseSync, owner: string, steps: readonly string[]): void {
  const version = (): number => {
    const row = db.prepare('SELECT version FROM migration WHERE owner = ?').get(owner)
    return typeof row?.['version'] === 'number' ? row['version'] : 0
  }
  // Most often there is nothing to write: a bridge starts on a disk that takes nothing, too.
  const before = version()
  if (before === steps.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    const seen = version()
    if (seen > steps.length) {
      const message =
        `${db.location() ?? 'the database'} is of a newer Lightbench (its tables "${owner}" have version ${seen}, this ` +
        `program knows ${steps.length}): start that one, or restore a backup made before the upgrade (lightbench restore)`
      throw new BenchError('storage.failed', message)
    }
    for (const step of steps.slice(seen)) db.exec(step)
    db.prepare(
      'INSERT INTO migration VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version',
    ).run(owner, steps.length)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
  // What a step has taken out is not to stay in the file until there is so much to write that SQLite does this itself;
  // and pages that were split or emptied keep what stood in them until the file is written anew.
  if (before > 0) rewriteFile(db)
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** A disk that has no room for it keeps nobody from the bench. */
function rewriteFile(db: DatabaseSync): void {
  try {
    db.exec('VACUUM')
  } catch (error) {
    if (!isShortOfRoom(error)) throw error
  }
}

function isShortOfRoom(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE.full || code === SQLITE.ioError || code === SQLITE.busy || code === SQLITE.locked
}

/** SQLite's primary result code, which is the last byte of the extended one (https://sqlite.org/rescode.html); undefined for another error. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

export const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADb: 26,
}

/** Whether a file is not, or no longer, a whole database. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  // A database has a first table from its first moment on.
  const isEmpty = code === 1 && /no such table: migration/.test((error as Error).message)
  return code === SQLITE.corrupt || code === SQLITE.notADb || isEmpty
}

function unusable(file: string, how: string): BenchError {
  const message =
    `${file} ${how}: it holds what the bench remembers. Restore it from a backup (lightbench restore), or move it away ` +
    'to begin with an empty one'
  return new BenchError('storage.failed', message)
}
