import { Worker } from 'node:worker_threads'
import { BenchError, errorCode } from '../../../shared/wire/errors.ts'
import { inWords, StartDeadline } from '../../core/start-deadline.ts'
import type { JobAnswer, JobInput, JobName, JobOutput, JobRequest } from './jobs.ts'

const MOST_WAITING = 200
const JOB_MS = 20_000

/**
 * A thread that reads pages, pictures and traces, one job after the other. It starts with the first; one that takes
 * longer than 20 s is ended with the thread, and those behind it go on in another.
 */
export class Lab implements AsyncDisposable {
  #worker: Worker | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #seq = 0

  /** Throws `device.busy` when too much waits, `aborted`, `watch.failed` for a job that cannot be done or takes too long. */
  async run<K extends JobName>(name: K, input: JobInput<K>, signal?: AbortSignal): Promise<JobOutput<K>> {
    if (this.#waiting >= MOST_WAITING) {
      throw new BenchError('device.busy', 'the watches have too much to read: check them less often')
    }
    this.#waiting += 1
    const turn = this.#last.then(() => {
      if (signal?.aborted) throw new BenchError('aborted', 'nobody waits for it any more')
      return this.#do(name, input)
    })
    this.#last = turn.catch(() => {})
    return turn.finally(() => (this.#waiting -= 1))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #do<K extends JobName>(name: K, input: JobInput<K>): Promise<JobOutput<K>> {
    const worker = (this.#worker ??= this.#start())
    const seq = ++this.#seq
    const deadline = new StartDeadline()
    return new Promise((resolve, reject) => {
      const over = (settle: () => void): void => {
        deadline.end()
        worker.off('message', answered).off('error', failed)
        settle()
      }
      const failed = (error: Error): void =>
        over(() =>
          reject(new BenchError('watch.failed', `it could not be read: ${error.message}`, { cause: error })),
        )
      const answered = (answer: JobAnswer): void => {
        if (answer.seq !== seq) return
        if ('value' in answer) over(() => resolve(answer.value as JobOutput<K>))
        else
          over(() =>
            reject(
              new BenchError(
                errorCode.catch('watch.failed').parse(answer.failure.code),
                answer.failure.message,
              ),
            ),
          )
      }
      deadline.begin(JOB_MS, (afterMs) => {
        this.#worker = undefined
        void worker.terminate()
        failed(new Error(`it took longer than ${inWords(afterMs, JOB_MS)}`))
      })
      worker.on('message', answered).on('error', failed)
      worker.postMessage({ seq, name, input } satisfies JobRequest)
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    })
    worker.once('error', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    worker.unref()
    return worker
  }
}
