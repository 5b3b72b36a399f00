import type { SQLInputValue } from 'node:sqlite'
import type { Logger } from '../core/log.ts'
import type { Row, Statement, Tables } from '../core/tables.ts'
import { WorkerCall } from '../core/worker-call.ts'
import type { DatabaseJobs } from './database-jobs.ts'
import { StoreHealth } from './health.ts'
import { isStorageFailure } from './sqlite-failure.ts'

const DEADLINE_MS = 5000
const MIGRATION_MS = 120_000
const MOST_WAITING = 2000
/** So many calls are with the thread at once: reads are answered while a write waits for a lock. */
const MOST_RUNNING = 64
/** What is written behind waits so long, to be written together. */
const FLUSH_MS = 50
const STATEMENTS_A_FLUSH = 500
/** What is written behind and waits, in bytes; beyond it the newest is lost, and counted. */
const MOST_BEHIND_BYTES = 16 * 2 ** 20
/** About what one statement weighs without its values. */
const STATEMENT_BYTES = 64

interface Behind {
  statements: readonly Statement[]
  bytes: number
}

interface DatabaseOptions {
  file: string
  log: Logger
}

/**
 * A database in a thread of its own: nothing here waits for a disk in the event loop. What must not be lost is written
 * by `write`, on the disk once it resolves; the rest is written behind by `later`, bounded. While the store is sick,
 * `write` fails with `storage.full` or `storage.failed` and `later` keeps what it can until the store is well again.
 */
export class Database implements Tables, AsyncDisposable {
  readonly file: string
  readonly health: StoreHealth
  readonly #thread: WorkerCall<DatabaseJobs>
  readonly #log: Logger
  readonly #changed = new Set<() => void>()
  #behind: Behind[] = []
  /** Those that wait and may yet be replaced. */
  readonly #byKey = new Map<string, Behind>()
  #behindBytes = 0
  #flushing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closing = false

  private constructor({ file, log }: DatabaseOptions) {
    this.file = file
    this.health = new StoreHealth(log, () => this.#tryAgain())
    this.#log = log
    this.#thread = new WorkerCall({
      module: new URL('./database-worker.ts', import.meta.url),
      title: `the store (${file})`,
      code: 'storage.failed',
      data: { file },
      mostWaiting: MOST_WAITING,
      mostRunning: MOST_RUNNING,
      deadlineMs: DEADLINE_MS,
      log,
      noticed: () => {
        for (const listener of this.#changed) listener()
      },
    })
  }

  /** Opens the file, making it when it is missing. Rejects with `storage.failed` for one that is empty, damaged or cannot be had. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const database = new Database(options)
    try {
      await database.#thread.call('open', {})
    } catch (error) {
      await database.#thread[Symbol.asyncDispose]()
      throw error
    }
    return database
  }

  /** Bytes that wait to be written behind. */
  get behindBytes(): number {
    return this.#behindBytes
  }

  /** Brings the tables of one owner up to date, by steps of SQL that are never changed once published. Rejects with `storage.failed` for tables of a newer version. */
  async migrate(owner: string, steps: readonly string[]): Promise<void> {
    await this.#thread.call('migrate', { owner, steps }, { deadlineMs: MIGRATION_MS })
  }

  /** The rows of a query. Rejects with `storage.failed` when they cannot be read. */
  async all(sql: string, ...values: SQLInputValue[]): Promise<Row[]> {
    try {
      return await this.#thread.call('query', { sql, values })
    } catch (error) {
      this.health.failed(error)
      throw error
    }
  }

  /** The first row of a query; undefined when there is none. */
  async get(sql: string, ...values: SQLInputValue[]): Promise<Row | undefined> {
    return (await this.all(sql, ...values))[0]
  }

  /** Does the statements in one transaction, on the disk when it resolves with the rows that each has changed; rejects, and nothing of it is done, with `storage.full` or `storage.failed`. */
  async write(...statements: readonly Statement[]): Promise<number[]> {
    try {
      const changes = await this.#thread.call('write', { statements, durable: true })
      this.health.succeeded()
      return changes
    } catch (error) {
      this.health.failed(error)
      throw error
    }
  }

  /** The same for one statement: resolves with the rows it has changed. */
  async run(sql: string, ...values: SQLInputValue[]): Promise<number> {
    return (await this.write({ sql, values }))[0] ?? 0
  }

  /** Writes behind: within 50 ms on a disk that takes it, all of the statements together or none. Of several that wait with one `key` the last alone is written, in the place of the first. */
  later(given: Statement | readonly Statement[], key?: string): void {
    const statements = 'sql' in given ? [given] : given
    const bytes = statements.reduce((sum, statement) => sum + STATEMENT_BYTES + bytesOf(statement), 0)
    const before = key === undefined ? undefined : this.#byKey.get(key)
    if (before) {
      this.#behindBytes += bytes - before.bytes
      Object.assign(before, { statements, bytes })
      return
    }
    if (this.#behindBytes + bytes > MOST_BEHIND_BYTES) {
      this.health.lost(1, `${this.file} is written more slowly than things come: see to its disk`)
      return
    }
    const one = { statements, bytes }
    this.#behind.push(one)
    if (key !== undefined) this.#byKey.set(key, one)
    this.#behindBytes += bytes
    // A sick store is tried once a second.
    if (!this.health.sick) this.#timer ??= setTimeout(() => void this.#flush().catch(() => {}), FLUSH_MS)
  }

  /** Resolves once all that was given to `later` is on the disk; rejects when the store does not take it. */
  async flushed(): Promise<void> {
    while (this.#behind.length > 0 || this.#flushing) await this.#flush()
  }

  /** Hears that another program has written into the database. The answer ends it. */
  onForeignChange(listener: () => void): () => void {
    this.#changed.add(listener)
    return () => this.#changed.delete(listener)
  }

  /** Writes what waits, as far as the disk takes it, and closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    await this.flushed().catch((error: unknown) => {
      const lost = this.#behind.length
      this.#log.error(
        { error, lost },
        'the store was closed while the disk did not take what was to be written',
      )
    })
    clearTimeout(this.#timer)
    this.health[Symbol.dispose]()
    await this.#thread[Symbol.asyncDispose]()
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing ??= this.#writeBehind().finally(() => {
      this.#flushing = undefined
      if (this.#behind.length > 0 && !this.health.sick && !this.#closing)
        this.#timer ??= setTimeout(() => void this.#flush().catch(() => {}), FLUSH_MS)
    })
    return this.#flushing
  }

  async #writeBehind(): Promise<void> {
    const batch = this.#behind.slice(0, STATEMENTS_A_FLUSH)
    if (batch.length === 0) return
    // What is being written is another one from now on: a new one of its key must not take its place.
    const taken = new Set(batch)
    for (const [key, one] of this.#byKey) if (taken.has(one)) this.#byKey.delete(key)
    try {
      await this.#writeTogether(batch)
    } catch (error) {
      if (isStorageFailure(error)) throw error
      // One of them is wrong: it alone is left out.
      for (const one of batch) await this.#writeOrLeaveOut(one)
    }
    this.health.succeeded()
  }

  async #writeOrLeaveOut(one: Behind): Promise<void> {
    try {
      await this.#writeTogether([one])
    } catch (error) {
      if (isStorageFailure(error)) throw error
      this.#log.error({ error, sql: one.statements[0]?.sql }, 'what was to be written behind is wrong')
      this.#drop(1)
    }
  }

  async #writeTogether(batch: readonly Behind[]): Promise<void> {
    const statements = batch.flatMap((one) => one.statements)
    try {
      await this.#thread.call('write', { statements, durable: false })
    } catch (error) {
      this.health.failed(error)
      throw error
    }
    this.#drop(batch.length)
  }

  #drop(count: number): void {
    for (const { bytes } of this.#behind.splice(0, count)) this.#behindBytes -= bytes
  }

  #tryAgain(): void {
    const now = Date.now()
    const trial =
      this.#behind.length > 0
        ? this.#flush()
        : this.run(
            "INSERT INTO migration VALUES ('tried at', ?) ON CONFLICT DO UPDATE SET version = excluded.version",
            now,
          )
    trial.catch(() => {})
  }
}

function bytesOf({ values = [] }: Statement): number {
  let bytes = 0
  for (const value of values)
    bytes += typeof value === 'string' ? value.length * 2 : ArrayBuffer.isView(value) ? value.byteLength : 8
  return bytes
}
