import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const BUSY_MS = 2000

/** Where a bench keeps its people and its audit. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'lightbench.db')
}

/** Opens the bench's database, making it and its folder when they are missing. Only its owner can read it. */
export function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true })
  // Before SQLite does, which would let others read it until it is closed to them, and makes its -wal and -shm alike.
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const db = new DatabaseSync(file, { timeout: BUSY_MS })
  // With a write-ahead log readers never wait for the writer; NORMAL loses at most the last moment of a power cut.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
  db.exec('CREATE TABLE IF NOT EXISTS migration (owner TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT')
  return db
}

/**
 * Brings the tables of one owner up to date: of its steps, in order, those that this database has not seen. A step that
 * has been published is never changed; a new one is added.
 */
export function migrate(db: DatabaseSync, owner: string, steps: readonly string[]): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const row = db.prepare('SELECT version FROM migration WHERE owner = ?').get(owner)
    const seen = typeof row?.['version'] === 'number' ? row['version'] : 0
    for (const step of steps.slice(seen)) db.exec(step)
    db.prepare(
      'INSERT INTO migration VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version',
    ).run(owner, Math.max(seen, steps.length))
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
