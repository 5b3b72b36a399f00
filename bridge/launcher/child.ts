import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { pause } from '../core/deadline.ts'

/** A program that ends at once is not started more often than this. */
const LEAST_MS = 500
/** What has not ended this long after it was told to is killed. */
const KILL_MS = 10_000

interface ChildOptions {
  args: readonly string[]
  /** A process group of its own, so that it can be ended with all its children, and Ctrl-C in a terminal reaches the launcher alone. */
  group: boolean
  /** What it writes to its standard output is nobody's business. */
  quiet?: boolean
  /** Hears of every end; answers whether to start again. */
  ended: (code: number | null, signal: NodeJS.Signals | null, wasReady: boolean) => boolean
  started?: (pid: number) => void
}

/** One program that is started again when it ends, until it is told to end. It ends by itself should this process die. */
export class Child {
  readonly #options: ChildOptions
  readonly #over = new AbortController()
  #child: ChildProcess | undefined
  /** Resolves when it has ended for good. */
  readonly done: Promise<void>

  constructor(options: ChildOptions) {
    this.#options = options
    this.done = this.#run()
  }

  /** Tells it to end, and kills it when it has not after 10 s. */
  async end(): Promise<void> {
    this.#over.abort()
    const child = this.#child
    child?.kill('SIGTERM')
    const late = setTimeout(() => child?.kill('SIGKILL'), KILL_MS)
    await this.done
    clearTimeout(late)
  }

  async #run(): Promise<void> {
    const { args, group, quiet = false, ended, started } = this.#options
    const { signal } = this.#over
    while (!signal.aborted) {
      const begun = performance.now()
      const child = spawn(process.execPath, [...args, '--with-parent'], {
        // Its standard input is its lifeline; `ipc` says that it is ready.
        stdio: ['pipe', quiet ? 'ignore' : 'inherit', 'inherit', 'ipc'],
        detached: group,
      })
      this.#child = child
      child.stdin?.on('error', () => {})
      let ready = false
      child.on('message', () => (ready = true))
      if (child.pid !== undefined) started?.(child.pid)
      const [code, by] = (await once(child, 'exit').catch(() => [1, null])) as [
        number | null,
        NodeJS.Signals | null,
      ]
      if (!ended(code, by, ready)) return
      await pause(begun + LEAST_MS - performance.now(), signal)
    }
  }
}
