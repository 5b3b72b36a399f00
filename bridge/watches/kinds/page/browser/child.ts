import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../../../../../shared/wire/errors.ts'
import { pause } from '../../../../core/deadline.ts'
import type { Logger } from '../../../../core/log.ts'
import { slowdown, slowdownOf } from '../../../../core/machine-load.ts'
import { inWords, StartDeadline } from '../../../../core/start-deadline.ts'
import { killGroup } from './kill-group.ts'
import { type FromChild, HUNG_MS, type Input, type Output, type ToChild, type WorkOf } from './protocol.ts'

const START_MS = 30_000
const END_MS = 5000
/** What has not ended so long after its deadline, the process is ended for. */
const GRACE_MS = 8000

interface Asked {
  resolve: (value: never) => void
  reject: (error: BenchError) => void
  comment: (text: string) => void
}

export interface RunOptions {
  signal?: AbortSignal | undefined
  deadlineS: number
  comment?: ((text: string) => void) | undefined
}

/** The bridge's hold on a process of its own that does some work. What it does when it dies has failed; it leaves nothing behind. */
export class Child<Work extends WorkOf<Work>> {
  readonly #child: ChildProcess
  readonly #what: string
  readonly #log: Logger
  readonly #ready = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<string>()
  readonly #asked = new Map<number, Asked>()
  readonly #groups = new Set<number>()
  #request = 0
  #reason: string | undefined
  #dead: BenchError | undefined
  #ending = false
  #isReady = false
  readonly #deadline = new StartDeadline({
    slowdown: () => (this.#hasSpoken ? slowdownOf(this.#child.pid) : slowdown()),
  })
  #hasSpoken = false

  /** Starts `file` (of this folder's parent). `what` is what errors call it. */
  constructor(what: string, file: string, start: unknown, log: Logger) {
    this.#what = what
    this.#log = log
    this.#ready.promise.catch(() => {})
    const child = fork(fileURLToPath(new URL(`../${file}`, import.meta.url)), [], {
      serialization: 'advanced',
      execPath: process.execPath,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#deadline.begin(START_MS, (ms) => this.kill(`it did not start within ${inWords(ms, START_MS)}`))
    child.on('message', (message: FromChild) => this.#heard(message))
    child.on('error', (error) => (this.#reason ??= error.message))
    child.once('close', (code, signal) =>
      this.#died(this.#reason ?? `it ended with ${signal ?? `code ${code}`}`),
    )
    for (const output of [child.stdout, child.stderr]) {
      if (output) createInterface({ input: output }).on('line', (line) => log.debug(line))
    }
    this.#send({ type: 'start', start })
  }

  get dead(): boolean {
    return this.#dead !== undefined
  }

  /** Once it has ended without having been asked to: why. */
  get died(): Promise<string> {
    return this.#gone.promise
  }

  /** Throws `watch.failed` when the work could not be done, or the process died meanwhile. */
  async run<K extends keyof Work & string>(
    name: K,
    input: Input<Work, K>,
    { signal, deadlineS, comment = () => {} }: RunOptions,
  ): Promise<Output<Work, K>> {
    const request = ++this.#request
    const answer = new Promise<Output<Work, K>>((resolve, reject) =>
      this.#asked.set(request, { resolve, reject, comment }),
    )
    answer.catch(() => {})
    const deadlineMs = deadlineS * 1000
    using late = new StartDeadline()
    late.begin(deadlineMs + GRACE_MS + (this.#isReady ? 0 : START_MS), () =>
      this.kill('what it did could not be ended'),
    )
    const abort = (): void => this.#send({ type: 'abort', request })
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await this.#ready.promise
      if (this.#dead) throw this.#dead
      this.#send({ type: 'work', request, name, input, deadlineMs })
      if (signal?.aborted) abort()
      return await answer
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#asked.delete(request)
    }
  }

  kill(reason: string): void {
    this.#reason ??= `${reason}, and was killed`
    for (const pid of this.#groups) killGroup(pid)
    this.#child.kill('SIGKILL')
  }

  /** Has it end by itself, or else ends it. */
  async end(): Promise<void> {
    this.#ending = true
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
    const gone = once(this.#child, 'close')
    this.#send({ type: 'end' })
    const over = new AbortController()
    void pause(END_MS, over.signal).then((late) => late && this.kill('it did not end'))
    await gone
    over.abort()
  }

  #heard(message: FromChild): void {
    this.#hasSpoken = true
    this.#deadline.begin(HUNG_MS, (ms) => this.kill(`it said nothing for ${inWords(ms, HUNG_MS)}`))
    switch (message.type) {
      case 'ready':
        this.#isReady = true
        return this.#ready.resolve()
      case 'group':
        if (message.runs) this.#groups.add(message.pid)
        else this.#groups.delete(message.pid)
        return
      case 'log':
        return this.#log[message.level](message.message)
      case 'comment':
        return this.#asked.get(message.request)?.comment(message.text)
      case 'done':
        return this.#asked.get(message.request)?.resolve(message.value as never)
      case 'failed':
        this.#asked.get(message.request)?.reject(new BenchError('watch.failed', message.message))
    }
  }

  #died(reason: string): void {
    this.#deadline.end()
    for (const pid of this.#groups) killGroup(pid)
    const error = new BenchError('watch.failed', `${this.#what} died: ${reason}`)
    this.#dead = error
    this.#ready.reject(error)
    for (const { reject } of this.#asked.values()) reject(error)
    if (this.#ending) return
    this.#log.warn(error.message)
    this.#gone.resolve(reason)
  }

  #send(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }
}
