import { join } from 'node:path'
import type { Logger } from '../../core/log.ts'
import { type JobOutput, WorkerCall } from '../../core/worker-call.ts'
import { StoreHealth } from '../../store/health.ts'
import { isStorageFailure } from '../../store/sqlite-failure.ts'
import type { Batch, WatchStorage } from './watch-storage.ts'

/** Small changes wait so long to be written together; what somebody waits for is written at once. */
const BATCH_MS = 100
/** More in one message would hold up the loop while they are copied. */
const MOST_IN_BATCH = 1000
/** What waits for a disk that takes nothing, in bytes; beyond it the newest is lost, and counted. */
const MOST_BYTES = 16 * 2 ** 20
const CHANGE_BYTES = 512
/** A history may be long, and what is purged may be much. */
const DEADLINE_MS = 20_000
const MOST_WAITING = 1000

type Method = keyof WatchStorage
/** What the thread does: each method of the storage, its arguments as one value. */
export type WatchJobs = {
  [K in Method]: (args: Parameters<WatchStorage[K]>) => ReturnType<WatchStorage[K]>
}

function emptyBatch(): Batch {
  return { saved: [], finished: [], queue: [], posted: [], delivered: [] }
}

/**
 * The watches' store as the bridge knows it: a thread of its own, since SQLite waits for the disk. Changes are written
 * behind; while the disk takes none they wait, bounded.
 */
export class WatchStore implements AsyncDisposable {
  readonly file: string
  readonly health: StoreHealth
  readonly #thread: WorkerCall<WatchJobs>
  readonly #folder: string
  readonly #log: Logger
  #batch = emptyBatch()
  #batchBytes = 0
  /** Full batches in their order, the first of which is being written. */
  #behind: { batch: Batch; bytes: number }[] = []
  #writing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(dataDir: string, log: Logger) {
    this.file = join(dataDir, 'watches.db')
    this.health = new StoreHealth(log, () => void this.flushed().catch(() => {}))
    this.#folder = join(dataDir, 'watches')
    this.#log = log
    this.#thread = new WorkerCall({
      module: new URL('./watch-worker.ts', import.meta.url),
      title: `the watches' store (${this.file})`,
      code: 'storage.failed',
      data: { file: this.file, folder: this.#folder },
      mostWaiting: MOST_WAITING,
      deadlineMs: DEADLINE_MS,
      log,
    })
  }

  /** Asks the thread, after what was to be written before. Rejects with `storage.full` or `storage.failed`. */
  async ask<K extends Method>(
    name: K,
    ...args: Parameters<WatchStorage[K]>
  ): Promise<JobOutput<WatchJobs, K>> {
    // A disk that takes nothing may give what it has.
    await this.#write().catch(() => {})
    try {
      return await this.#thread.call(name, args)
    } catch (error) {
      this.health.failed(error)
      throw error
    }
  }

  /** Puts a change among those that are written next. */
  note(change: (batch: Batch) => void): void {
    const { saved, finished, queue } = this.#batch
    const before = finished.length
    change(this.#batch)
    this.#batchBytes += CHANGE_BYTES
    for (const { check, state, text, picture } of finished.slice(before))
      this.#batchBytes += 2 * (check.length + state.length + (text?.length ?? 0)) + (picture?.byteLength ?? 0)
    if (saved.length + finished.length + queue.length >= MOST_IN_BATCH) this.#close()
    if (this.health.sick) return
    this.#timer ??= setTimeout(() => void this.#write().catch(() => {}), BATCH_MS)
  }

  /** Resolves once everything noted so far is on disk; rejects with `storage.full` or `storage.failed` when the disk does not take it. */
  async flushed(): Promise<void> {
    await this.#write()
    if (!this.health.sick) return
    // Nothing waits: whether the disk takes anything is not known yet.
    await this.ask('commit', emptyBatch())
    this.health.succeeded()
  }

  pictureFile(id: string, seq: number): string {
    return join(this.#folder, id, `${seq}.png`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.health[Symbol.dispose]()
    try {
      await this.flushed()
      await this.#thread.call('close', [])
    } catch (error) {
      this.#log.error({ error }, "the watches' store did not close in order")
    }
    clearTimeout(this.#timer)
    await this.#thread[Symbol.asyncDispose]()
  }

  /** The changes so far are a batch, which is written or lost as a whole. */
  #close(): void {
    const { saved, finished, queue, posted, delivered } = this.#batch
    const changes = saved.length + finished.length + queue.length + posted.length + delivered.length
    if (changes === 0) return
    const waiting = this.#behind.reduce((sum, { bytes }) => sum + bytes, 0)
    // Only while the disk is slow: what is larger by itself is written all the same.
    if (this.#behind.length > 0 && waiting + this.#batchBytes > MOST_BYTES)
      this.health.lost(changes, `${this.file} is written more slowly than things come: see to its disk`)
    else this.#behind.push({ batch: this.#batch, bytes: this.#batchBytes })
    this.#batch = emptyBatch()
    this.#batchBytes = 0
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#close()
    this.#writing ??= this.#writeBehind().finally(() => (this.#writing = undefined))
    return this.#writing
  }

  async #writeBehind(): Promise<void> {
    for (let first = this.#behind[0]; first; first = this.#behind[0]) {
      try {
        await this.#thread.call('commit', [first.batch])
        this.health.succeeded()
      } catch (error) {
        if (isStorageFailure(error)) {
          this.health.failed(error)
          throw error
        }
        this.#log.error({ error }, 'what the watches have seen is wrong, and is left out')
      }
      this.#behind.shift()
    }
  }
}
