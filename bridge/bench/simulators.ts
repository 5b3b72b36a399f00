import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pause } from '../core/deadline.ts'
import type { Logger } from '../core/log.ts'

const RESTART_MS = 1000
const KILL_MS = 1000

/** Runs one simulator in a process of its own until disposed of, and again when it dies, as a real instrument is switched on again. */
export class Simulator implements AsyncDisposable {
  readonly #closed = new AbortController()
  readonly #running: Promise<void>
  readonly #started = Promise.withResolvers<void>()

  constructor(program: string, args: string[], log: Logger) {
    this.#running = this.#run(
      fileURLToPath(new URL(`../../simulators/${program}/main.ts`, import.meta.url)),
      args,
      log,
    )
  }

  /** Resolves when it listens, or has failed once. */
  get started(): Promise<void> {
    return this.#started.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#running
  }

  async #run(file: string, args: string[], log: Logger): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const child = spawn(process.execPath, [file, '--with-parent', ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      // Its standard input is its lifeline: should this process die, the simulator ends by itself.
      child.stdin.on('error', () => {})
      createInterface(child.stdout).once('line', (line) => {
        log.info({ pid: child.pid, said: line }, 'the simulator listens')
        this.#started.resolve()
      })
      const ended = once(child, 'exit').catch((error: unknown) =>
        log.error({ error }, 'the simulator cannot be started'),
      )
      const end = (): void => {
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), KILL_MS).unref()
      }
      this.#closed.signal.addEventListener('abort', end, { once: true })
      await ended
      this.#closed.signal.removeEventListener('abort', end)
      this.#started.resolve()
      if (!this.#closed.signal.aborted)
        log.warn({ file, code: child.exitCode, signal: child.signalCode }, 'the simulator ended')
      await pause(RESTART_MS, this.#closed.signal)
    }
  }
}
