import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { BenchError } from '../../shared/errors.ts'
import type { Statement } from '../core/tables.ts'
import { notify, serveCalls } from '../core/worker-call.ts'
import type { DatabaseJobs, ForeignChange } from './database-jobs.ts'
import { migrate, openDatabase, SQLITE, sqliteCode } from './sqlite.ts'

/** How soon a change that another program has made, the command line for one, is noticed. */
const LOOK_EVERY_MS = 200
/** SQLite itself waits no longer for a lock: its thread is to answer reads meanwhile. */
const BUSY_MS = 20
/** A lock that another program holds is waited for so long. */
const LOCK_MS = 1500
const LOCK_PAUSE_MS = 20
/** Less than this is left on a disk when SQLite says no more than that it could not write. */
const FULL_BYTES = 65_536
const MOST_PREPARED = 500

const { file } = workerData as { file: string }
const prepared = new Map<string, StatementSync>()
let db: DatabaseSync | undefined
let version: unknown
let writing: Promise<unknown> = Promise.resolve()

function database(): DatabaseSync {
  db ??= openDatabase(file, BUSY_MS)
  return db
}

function prepare(sql: string): StatementSync {
  let statement = prepared.get(sql)
  if (!statement) {
    if (prepared.size >= MOST_PREPARED) prepared.clear()
    prepared.set(sql, (statement = database().prepare(sql)))
  }
  return statement
}

const run = ({ sql, values = [] }: Statement): number => Number(prepare(sql).run(...values).changes)

function transact(statements: readonly Statement[], durable: boolean): number[] {
  const open = database()
  open.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
  open.exec('BEGIN IMMEDIATE')
  try {
    const changes = statements.map(run)
    open.exec('COMMIT')
    return changes
  } catch (error) {
    if (open.isTransaction) open.exec('ROLLBACK')
    throw error
  }
}

/** Once what was begun before is over: statements keep their order while one of them waits for a lock. */
function write(statements: readonly Statement[], durable: boolean): Promise<number[]> {
  const mine = writing.then(async () => {
    const until = performance.now() + LOCK_MS
    for (;;) {
      try {
        return transact(statements, durable)
      } catch (error) {
        const code = sqliteCode(error)
        if ((code !== SQLITE.busy && code !== SQLITE.locked) || performance.now() > until) throw told(error)
      }
      await sleep(LOCK_PAUSE_MS)
    }
  })
  writing = mine.catch(() => {})
  return mine
}

/** What SQLite says, in words for people. */
function told(error: unknown): unknown {
  const said = error instanceof Error ? error.message : String(error)
  const failed = (what: string): BenchError =>
    new BenchError('storage.failed', `${file} ${what} (${said})`, { cause: error })
  switch (sqliteCode(error)) {
    case SQLITE.full:
      return full(said)
    case SQLITE.ioError:
      return isFull() ? full(said) : failed('cannot be written: see to its disk')
    case SQLITE.busy:
    case SQLITE.locked:
      return failed('is locked by another program: end that one')
    case SQLITE.readOnly:
      return failed('is read-only: give its folder back to the bridge, or mount its disk for writing')
    case SQLITE.cantOpen:
      return isFull() ? full(said) : failed('cannot be opened: see to its folder and its disk')
    case SQLITE.corrupt:
    case SQLITE.notADb:
      return failed('is damaged: end the bridge and restore a backup (lightbench restore)')
    default:
      return error
  }
}

function full(said: string): BenchError {
  return new BenchError('storage.full', `the disk of ${file} is full: free some of it (${said})`)
}

function isFull(): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize < FULL_BYTES
  } catch {
    return false
  }
}

function telling<I, O>(job: (input: I) => O): (input: I) => O {
  return (input) => {
    try {
      return job(input)
    } catch (error) {
      throw told(error)
    }
  }
}

serveCalls<DatabaseJobs>(parentPort, {
  open: telling(() => void database()),
  query: telling(({ sql, values = [] }) => prepare(sql).all(...values)),
  write: ({ statements, durable }) => write(statements, durable),
  migrate: telling(({ owner, steps }) => migrate(database(), owner, steps)),
})

/** Rises when another connection has written (https://sqlite.org/pragma.html#pragma_data_version). */
function look(): void {
  try {
    if (!db) return
    const now = prepare('PRAGMA data_version').get()?.['data_version']
    if (version !== undefined && now !== version)
      notify(parentPort, { changed: true } satisfies ForeignChange)
    version = now
  } catch {
    // Whoever asks for something is told; there is nobody here to be told.
  }
}
setInterval(look, LOOK_EVERY_MS)
