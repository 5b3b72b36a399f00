import type { MessagePort, ResourceLimits } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'
import { BenchError, errorCode, type ErrorCode } from '../../shared/wire/errors.ts'
import type { Logger } from './log.ts'

/** What a thread can do, by name: each job takes one value and gives one, both copied between the threads. */
export type Jobs = { [name: string]: (input: never) => unknown }
export type JobInput<J extends Jobs, K extends keyof J> = Parameters<J[K]>[0]
export type JobOutput<J extends Jobs, K extends keyof J> = Awaited<ReturnType<J[K]>>

interface Request {
  seq: number
  name: string
  input: unknown
}
type Answer = { seq: number } & ({ value: unknown } | { failure: { code: ErrorCode; message: string } })
/** Something that the thread says without having been asked. */
interface Notice {
  notice: unknown
}

export interface WorkerCallOptions {
  /** The module of the thread, which calls `serveCalls`. */
  module: URL
  /** What the thread is in errors and in the log, for example `the store`. */
  title: string
  /** The code of the errors by which a thread that ends, or takes too long, is told. */
  code: ErrorCode
  /** Given to the thread as its `workerData`. */
  data?: unknown
  /** Calls that may wait for the thread; one more is refused with `device.busy`. */
  mostWaiting: number
  /** Calls that the thread is given at once. With more than one it answers in an order of its own. */
  mostRunning?: number
  /** How long a call may take once the thread has it, in ms. The thread is ended then, and all that it has fails. */
  deadlineMs: number
  resourceLimits?: ResourceLimits
  log: Logger
  /** Hears what the thread says by itself with `notify`. */
  noticed?: (notice: unknown) => void
}

export interface CallOptions {
  /** The caller waits no longer: a call that has not begun is not made, the answer to another is thrown away. */
  signal?: AbortSignal | undefined
  /** Instead of the thread's own, in ms. */
  deadlineMs?: number | undefined
  /** Moved to the thread instead of being copied. */
  transfer?: readonly ArrayBuffer[] | undefined
}

interface Pending extends Request {
  deadlineMs: number
  transfer: readonly ArrayBuffer[]
  resolve: (value: unknown) => void
  reject: (error: Error) => void
  late?: NodeJS.Timeout
}

/** The pause before a thread that has ended is started again: it doubles with each end in a row. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

/** A thread that is called: typed, bounded, with deadlines; one that ends or hangs is started again by the next call. */
export class WorkerCall<J extends Jobs> implements AsyncDisposable {
  readonly #options: WorkerCallOptions
  readonly #waiting: Pending[] = []
  readonly #running = new Map<number, Pending>()
  #thread: Worker | undefined
  /** Resolves when the thread that was ended is gone: until then there is no other. */
  #ending: Promise<unknown> | undefined
  #seq = 0
  #pauseMs = 0
  #startsAt = 0
  #closing: PromiseWithResolvers<void> | undefined

  constructor(options: WorkerCallOptions) {
    this.#options = options
  }

  /**
   * Has the thread do a job. Rejects with the job's own BenchError; with the options' `code` when the thread ends,
   * hangs or cannot be started; `device.busy` when too many calls wait; `aborted` by the signal.
   */
  call<K extends keyof J & string>(
    name: K,
    input: JobInput<J, K>,
    { signal, deadlineMs = this.#options.deadlineMs, transfer = [] }: CallOptions = {},
  ): Promise<JobOutput<J, K>> {
    const { title, mostWaiting } = this.#options
    if (signal?.aborted) return Promise.reject(this.#givenUp(signal))
    if (this.#closing) return Promise.reject(this.#failed('is closed'))
    if (this.#waiting.length >= mostWaiting) {
      const message = `${title} has ${mostWaiting} calls waiting already: wait for their answers and ask again`
      return Promise.reject(new BenchError('device.busy', message))
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const pending: Pending = { seq: ++this.#seq, name, input, deadlineMs, transfer, resolve, reject }
    this.#waiting.push(pending)
    const leave = (): void => {
      const at = this.#waiting.indexOf(pending)
      if (at >= 0) this.#waiting.splice(at, 1)
      reject(this.#givenUp(signal!))
    }
    signal?.addEventListener('abort', leave, { once: true })
    this.#next()
    return promise.finally(() => signal?.removeEventListener('abort', leave)) as Promise<JobOutput<J, K>>
  }

  /** Lets the calls that were made be answered, each within its deadline, and ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= Promise.withResolvers()
    this.#closeWhenIdle()
    await this.#closing.promise
    const thread = this.#thread
    // Its end is meant, and nothing to tell of.
    this.#thread = undefined
    await thread?.terminate()
  }

  #next(): void {
    const { mostRunning = 1 } = this.#options
    while (this.#waiting.length > 0 && this.#running.size < mostRunning) {
      const thread = this.#thread ?? this.#start()
      const pending = this.#waiting.shift()!
      if (!thread) {
        pending.reject(this.#failed('is not running: it is started again soon'))
        continue
      }
      this.#running.set(pending.seq, pending)
      pending.late = setTimeout(
        () => this.#end(thread, `took longer than ${pending.deadlineMs} ms for ${pending.name}`),
        pending.deadlineMs,
      )
      const { seq, name, input, transfer } = pending
      try {
        thread.postMessage({ seq, name, input } satisfies Request, transfer)
      } catch (error) {
        this.#settle(seq, () => pending.reject(error as Error))
      }
    }
    this.#closeWhenIdle()
  }

  #start(): Worker | undefined {
    if (this.#ending || performance.now() < this.#startsAt) return undefined
    const { module, data, resourceLimits, noticed } = this.#options
    const thread = new Worker(module, { workerData: data, ...(resourceLimits ? { resourceLimits } : {}) })
    this.#thread = thread
    // A thread keeps no process alive: whoever waits for an answer does.
    thread.unref()
    thread.on('message', (message: Answer | Notice) => {
      if ('notice' in message) {
        noticed?.(message.notice)
        return
      }
      this.#pauseMs = 0
      const pending = this.#running.get(message.seq)
      this.#settle(message.seq, () => {
        if ('value' in message) pending?.resolve(message.value)
        else pending?.reject(new BenchError(message.failure.code, message.failure.message))
      })
      this.#next()
    })
    thread.once('error', (error: unknown) =>
      this.#end(thread, `failed: ${error instanceof Error ? error.message : String(error)}`),
    )
    thread.once('exit', () => this.#end(thread, 'has ended'))
    return thread
  }

  /** The thread is of no use any more; what it has fails, what waits goes to the next one. */
  #end(thread: Worker, why: string): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    this.#options.log.error({ why }, `${this.#options.title} ${why}`)
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2))
    this.#startsAt = performance.now() + this.#pauseMs
    this.#ending = thread.terminate().finally(() => (this.#ending = undefined))
    for (const { seq, reject } of [...this.#running.values()])
      this.#settle(seq, () => reject(this.#failed(why)))
    setTimeout(() => this.#next(), this.#pauseMs).unref()
  }

  #settle(seq: number, settle: () => void): void {
    clearTimeout(this.#running.get(seq)?.late)
    this.#running.delete(seq)
    settle()
  }

  #closeWhenIdle(): void {
    if (this.#closing && this.#running.size === 0 && this.#waiting.length === 0) this.#closing.resolve()
  }

  #failed(why: string): BenchError {
    return new BenchError(this.#options.code, `${this.#options.title} ${why}`)
  }

  #givenUp(signal: AbortSignal): BenchError {
    return new BenchError('aborted', `a call of ${this.#options.title} was given up`, {
      cause: signal.reason,
    })
  }
}

/** The other end, in the thread: does each job that is called and answers it. An error that is no BenchError is `internal`. */
export function serveCalls<J extends Jobs>(port: MessagePort | null, jobs: J): void {
  if (!port) throw new Error('this module is the main module of a thread')
  port.on('message', ({ seq, name, input }: Request) => {
    void Promise.try(() => jobs[name]!(input as never)).then(
      (value) => port.postMessage({ seq, value } satisfies Answer),
      (error: unknown) => {
        const code = error instanceof BenchError ? errorCode.parse(error.code) : 'internal'
        const message = error instanceof Error ? error.message : String(error)
        port.postMessage({ seq, failure: { code, message } } satisfies Answer)
      },
    )
  })
}

/** In the thread: says something to whoever has started it, who has not asked. */
export function notify(port: MessagePort | null, notice: unknown): void {
  port?.postMessage({ notice } satisfies Notice)
}
