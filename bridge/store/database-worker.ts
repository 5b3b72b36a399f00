import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { Statement } from '../core/tables.ts'
import { notify, serveCalls } from '../core/worker-call.ts'
import type { DatabaseJobs, ForeignChange } from './database-jobs.ts'
import { storageFailure } from './sqlite-failure.ts'
import { migrate, openDatabase, SQLITE, sqliteCode } from './sqlite.ts'

/** How soon a change that another program has made, the command line for one, is noticed. */
const LOOK_EVERY_MS = 50
/** SQLite itself waits no longer for a lock: its thread is to answer reads meanwhile. */
const BUSY_MS = 20
/** A lock that another program holds is waited for so long. */
const LOCK_MS = 1500
const LOCK_PAUSE_MS = 20
const MOST_PREPARED = 500

const { file } = workerData as { file: string }
const prepared = new Map<string, StatementSync>()
let db: DatabaseSync | undefined
let version: unknown
let writing: Promise<unknown> = Promise.resolve()

function database(): DatabaseSync {
  if (db) return db
  db = openDatabase(file, BUSY_MS)
  // Before anything is read: what another program writes from now on is a change.
  version = dataVersion()
  return db
}

/** Rises when another connection has written (https://sqlite.org/pragma.html#pragma_data_version). */
function dataVersion(): unknown {
  return prepare('PRAGMA data_version').get()?.['data_version']
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
        if ((code !== SQLITE.busy && code !== SQLITE.locked) || performance.now() > until)
          throw storageFailure(file, error)
      }
      await sleep(LOCK_PAUSE_MS)
    }
  })
  writing = mine.catch(() => {})
  return mine
}

function telling<I, O>(job: (input: I) => O): (input: I) => O {
  return (input) => {
    try {
      return job(input)
    } catch (error) {
      throw storageFailure(file, error)
    }
  }
}

serveCalls<DatabaseJobs>(parentPort, {
  open: telling(() => void database()),
  query: telling(({ sql, values = [] }) => prepare(sql).all(...values)),
  write: ({ statements, durable }) => write(statements, durable),
  migrate: telling(({ owner, steps }) => migrate(database(), owner, steps)),
})

function look(): void {
  try {
    if (!db) return
    const now = dataVersion()
    if (now !== version) notify(parentPort, { changed: true } satisfies ForeignChange)
    version = now
  } catch {
    // Whoever asks for something is told; there is nobody here to be told.
  }
}
setInterval(look, LOOK_EVERY_MS)
