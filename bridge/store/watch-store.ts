import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from '../core/log.ts'
import type { Batch, StorageAnswer, StorageCall, WatchStorage } from './watch-storage.ts'

/** Small changes wait so long to be written together; what somebody waits for is written at once. */
const BATCH_MS = 100
/** More in one message would hold up the loop while they are copied. */
const MOST_IN_BATCH = 1000
const CLOSE_MS = 5000

type Method = keyof WatchStorage
type ValueOf<K extends Method> = ReturnType<WatchStorage[K]>

function emptyBatch(): Batch {
  return { saved: [], finished: [], queue: [], posted: [], delivered: [] }
}

/** The watches' store as the bridge knows it: a thread of its own, since SQLite waits for the disk. */
export class WatchStore implements AsyncDisposable {
  readonly #worker: Worker
  readonly #folder: string
  readonly #log: Logger
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  #seq = 0
  #batch = emptyBatch()
  #timer: NodeJS.Timeout | undefined
  #broken: Error | undefined

  constructor(dataDir: string, log: Logger) {
    this.#folder = join(dataDir, 'watches')
    this.#log = log
    this.#worker = new Worker(new URL('./watch-worker.ts', import.meta.url), {
      workerData: { file: join(dataDir, 'watches.db'), folder: this.#folder },
    })
    this.#worker.on('message', (answer: StorageAnswer) => this.#answered(answer))
    this.#worker.on('error', (error: Error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error("the watches' store has ended")))
  }

  /** Asks the thread, after what was to be written before. Rejects when it cannot be done. */
  ask<K extends Method>(name: K, ...args: Parameters<WatchStorage[K]>): Promise<ValueOf<K>> {
    this.#write()
    return this.#call(name, args)
  }

  /** Puts a change among those that are written next. */
  note(change: (batch: Batch) => void): void {
    change(this.#batch)
    const { saved, finished } = this.#batch
    if (saved.length + finished.length >= MOST_IN_BATCH) this.#write()
    else this.#timer ??= setTimeout(() => this.#write(), BATCH_MS)
  }

  /** Resolves once everything noted so far is on disk. */
  async flushed(): Promise<void> {
    await this.ask('commit', emptyBatch())
  }

  pictureFile(id: string, seq: number): string {
    return join(this.#folder, id, `${seq}.png`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = setTimeout(() => void this.#worker.terminate(), CLOSE_MS)
    try {
      await this.ask('close')
    } catch (error) {
      this.#log.error({ error }, "the watches' store did not close in order")
    }
    clearTimeout(late)
    await this.#worker.terminate()
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#batch
    if (!Object.values(batch).some((changes: unknown[]) => changes.length > 0)) return
    this.#batch = emptyBatch()
    this.#call('commit', [batch]).catch((error: unknown) =>
      this.#log.error({ error }, 'what the watches have seen could not be written'),
    )
  }

  #call<K extends Method>(name: K, args: unknown[]): Promise<ValueOf<K>> {
    if (this.#broken) return Promise.reject(this.#broken)
    const seq = ++this.#seq
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject })
      this.#worker.postMessage({ seq, name, args } satisfies StorageCall)
    })
  }

  #answered(answer: StorageAnswer): void {
    const waiting = this.#waiting.get(answer.seq)
    this.#waiting.delete(answer.seq)
    if ('value' in answer) waiting?.resolve(answer.value as never)
    else waiting?.reject(new Error(answer.message))
  }

  #fail(error: Error): void {
    this.#broken ??= error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
