import { Worker } from 'node:worker_threads'
import { BenchError } from '../../shared/wire/errors.ts'
import { withStartDeadline } from '../core/start-deadline.ts'
import type { JobAnswer, JobInput, JobName, JobOutput, JobRequest } from './jobs.ts'

const MOST_WAITING = 64
const JOB_MS = 120_000

/**
 * One thread that does one job after the other, so that none of them holds up the loop. It starts with the first job;
 * one that fails for good, or takes longer than two minutes, is replaced for the next. It keeps no process alive.
 */
export class Lane {
  #worker: Worker | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #seq = 0

  /**
   * Does a job when those before it are done. Throws `device.busy` when too many wait, `aborted` when the signal aborts
   * before it begins, `device.timeout` when it takes too long, and what the job itself throws.
   */
  async run<K extends JobName>(name: K, input: JobInput<K>, signal?: AbortSignal): Promise<JobOutput<K>> {
    if (this.#waiting >= MOST_WAITING) {
      throw new BenchError('device.busy', 'the trace library has too much to do: try again in a moment')
    }
    this.#waiting += 1
    const turn = this.#last.then(() => {
      if (signal?.aborted) throw new BenchError('aborted', `${name}: nobody waits for it any more`)
      return withStartDeadline(this.#do(name, input), JOB_MS, `the work on a trace (${name})`)
    })
    this.#last = turn.catch((error: unknown) => {
      if (error instanceof BenchError && error.code === 'device.timeout') this.#replace()
    })
    return turn.finally(() => (this.#waiting -= 1))
  }

  #do<K extends JobName>(name: K, input: JobInput<K>): Promise<JobOutput<K>> {
    const worker = (this.#worker ??= this.#start())
    const seq = ++this.#seq
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        worker.off('message', answered).off('error', failed)
        settle()
      }
      const failed = (error: Error): void => done(() => reject(error))
      const answered = (answer: JobAnswer): void => {
        if (answer.seq !== seq) return
        if ('value' in answer) done(() => resolve(answer.value as JobOutput<K>))
        else if ('failure' in answer) {
          done(() => reject(new BenchError(answer.failure.code, answer.failure.message)))
        } else failed(new Error(`${name}: ${answer.message}`))
      }
      worker.on('message', answered).on('error', failed)
      worker.postMessage({ seq, name, input } satisfies JobRequest)
    })
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    worker.once('error', () => (this.#worker = undefined))
    worker.unref()
    return worker
  }

  #replace(): void {
    void this.#worker?.terminate()
    this.#worker = undefined
  }
}
