import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../../../shared/errors.ts'
import { pause } from '../../core/deadline.ts'
import type { Logger } from '../../core/log.ts'
import type { PagesConfig } from '../config.ts'
import { findChromium } from './find.ts'
import {
  type FromBrowser,
  HUNG_MS,
  type ToBrowser,
  type WorkInput,
  type WorkName,
  type WorkOutput,
} from './protocol.ts'

const HOST = fileURLToPath(new URL('../browser-host.ts', import.meta.url))
const START_MS = 30_000
const END_MS = 5000
/** What has not ended so long after its deadline, the process is ended for. */
const GRACE_MS = 8000
/** A process that nobody has asked anything of for so long is not needed. */
const IDLE_MS = 180_000

interface Asked {
  resolve: (value: never) => void
  reject: (error: BenchError) => void
  comment: (text: string) => void
}

interface Hold {
  child: ChildProcess
  ready: Promise<void>
  asked: Map<number, Asked>
  chromium: number | undefined
  watch: NodeJS.Timeout
  reason: string | undefined
}

/** The bridge's hold on the process that drives the browser. It starts when it is needed; what it was doing when it dies has failed, and nothing else. */
export class PageBrowser implements AsyncDisposable {
  readonly #options: { pages: PagesConfig; folder: string; log: Logger; restarted: () => void }
  #hold: Hold | undefined
  #request = 0
  #idle: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: { pages: PagesConfig; folder: string; log: Logger; restarted: () => void }) {
    this.#options = options
  }

  /** Why there is no browser, and what to do; undefined when there is one. */
  whyNot(): string | undefined {
    return findChromium(this.#options.pages.chromium).why
  }

  /** The process, while there is one. */
  get pid(): number | undefined {
    return this.#hold?.child.pid
  }

  /** Has the browser do something. Throws `watch.browser` when there is none, `watch.failed` when it could not be done. */
  async run<K extends WorkName>(
    name: K,
    input: WorkInput<K>,
    {
      signal,
      deadlineS,
      comment,
    }: { signal: AbortSignal; deadlineS: number; comment: (text: string) => void },
  ): Promise<WorkOutput<K>> {
    if (this.#closed) throw new BenchError('aborted', 'the bridge is closing')
    clearTimeout(this.#idle)
    const hold = (this.#hold ??= this.#start())
    const request = ++this.#request
    const answer = new Promise<WorkOutput<K>>((resolve, reject) =>
      hold.asked.set(request, { resolve, reject, comment }),
    )
    answer.catch(() => {})
    const deadlineMs = deadlineS * 1000
    const late = setTimeout(
      () => this.#kill(hold, 'a page could not be ended'),
      deadlineMs + START_MS + GRACE_MS,
    )
    const abort = (): void => this.#send(hold, { type: 'abort', request })
    signal.addEventListener('abort', abort, { once: true })
    try {
      await hold.ready
      this.#send(hold, { type: 'work', request, name, input, deadlineMs })
      if (signal.aborted) abort()
      return await answer
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', abort)
      hold.asked.delete(request)
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => void this.#endIdle(), IDLE_MS).unref()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#idle)
    await this.#end()
  }

  async #endIdle(): Promise<void> {
    if (this.#hold?.asked.size === 0) await this.#end()
  }

  async #end(): Promise<void> {
    const hold = this.#hold
    if (!hold) return
    this.#hold = undefined
    const { child } = hold
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'close')
    this.#send(hold, { type: 'end' })
    const over = new AbortController()
    void pause(END_MS, over.signal).then((late) => late && this.#kill(hold, 'it did not end'))
    await gone
    over.abort()
  }

  #start(): Hold {
    const { pages, folder, log } = this.#options
    const { executable, why } = findChromium(pages.chromium)
    if (executable === undefined) throw new BenchError('watch.browser', why ?? 'there is no browser')
    const child = fork(HOST, [], {
      serialization: 'advanced',
      execPath: process.execPath,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const ready = Promise.withResolvers<void>()
    ready.promise.catch(() => {})
    const hold: Hold = {
      child,
      ready: ready.promise,
      asked: new Map(),
      chromium: undefined,
      reason: undefined,
      watch: setTimeout(() => this.#kill(hold, 'it did not start'), START_MS),
    }
    child.on('message', (message: FromBrowser) => {
      clearTimeout(hold.watch)
      hold.watch = setTimeout(() => this.#kill(hold, `it said nothing for ${HUNG_MS / 1000} s`), HUNG_MS)
      if (message.type === 'ready') ready.resolve()
      else this.#heard(hold, message)
    })
    child.on('error', (error) => (hold.reason ??= error.message))
    child.once('close', (code, signal) => {
      clearTimeout(hold.watch)
      ready.reject(this.#gone(hold, hold.reason ?? `it ended with ${signal ?? `code ${code}`}`))
    })
    for (const output of [child.stdout, child.stderr]) {
      if (output) createInterface({ input: output }).on('line', (line) => log.debug(line))
    }
    this.#send(hold, { type: 'start', start: { pages, folder, executable } })
    return hold
  }

  #heard(hold: Hold, message: FromBrowser): void {
    if (message.type === 'chromium') hold.chromium = message.pid
    else if (message.type === 'log') this.#options.log[message.level](message.message)
    else if (message.type === 'comment') hold.asked.get(message.request)?.comment(message.text)
    else if (message.type === 'done') hold.asked.get(message.request)?.resolve(message.value as never)
    else if (message.type === 'failed')
      hold.asked.get(message.request)?.reject(new BenchError('watch.failed', message.message))
  }

  #gone(hold: Hold, reason: string): BenchError {
    killGroup(hold.chromium)
    const error = new BenchError('watch.failed', `the process that drives the browser died: ${reason}`)
    for (const { reject } of hold.asked.values()) reject(error)
    if (this.#hold === hold) {
      this.#hold = undefined
      this.#options.log.warn(error.message)
      this.#options.restarted()
    }
    return error
  }

  #kill(hold: Hold, reason: string): void {
    hold.reason ??= `${reason}, and was killed`
    killGroup(hold.chromium)
    hold.child.kill('SIGKILL')
  }

  #send({ child }: Hold, message: ToBrowser): void {
    if (child.connected) child.send(message, () => {})
  }
}

/** The browser leads a group of its own: its processes end with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined || pid <= 1) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has gone by itself.
  }
}
