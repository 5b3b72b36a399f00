import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pause } from '../../core/deadline.ts'
import type { Logger } from '../../core/log.ts'
import { slowdown, slowdownOf } from '../../core/machine-load.ts'
import { inWords, StartDeadline } from '../../core/start-deadline.ts'
import { withoutCredentials } from '../frame/url.ts'
import { type FailureKind, type FromHost, HUNG_MS, type ToHost } from '../frame/protocol.ts'

const HOST = fileURLToPath(new URL('../process/host.ts', import.meta.url))
/** A starting process loads FFmpeg and its camera's SDK before its first word. */
const START_MS = 10_000
const END_MS = 1500

interface Events {
  heard(message: FromHost): void
  /** Once, when the process is gone, with the best reason there is. */
  gone(reason: string, why: FailureKind | undefined): void
}

/**
 * The bridge's hold on one camera's process. A process that says nothing for 3 s, or for 10 s at its start, is killed;
 * on a busy machine later.
 */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #log: Logger
  readonly #deadline = new StartDeadline({
    slowdown: () => (this.#hasSpoken ? slowdownOf(this.#child.pid) : slowdown()),
  })
  #hasSpoken = false
  #reason: string | undefined
  #why: FailureKind | undefined

  constructor(log: Logger, events: Events) {
    this.#log = log
    // No execArgv: what the bridge was started with, an inspector's port for one, is not the camera's.
    this.#child = fork(HOST, [], {
      serialization: 'advanced',
      execPath: process.execPath,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#expectBeat(START_MS)
    this.#child.on('message', (message: FromHost) => {
      this.#hasSpoken = true
      this.#expectBeat(HUNG_MS)
      if (message.type === 'failed') {
        this.#reason = message.reason
        this.#why = message.why
      } else if (message.type === 'log') log[message.level](message.message)
      else events.heard(message)
    })
    this.#child.on('error', (error) => {
      this.#reason ??= error.message
    })
    this.#child.once('close', (code, signal) => {
      this.#deadline.end()
      events.gone(this.#reason ?? `its process ended with ${signal ?? `code ${code}`}`, this.#why)
    })
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output) createInterface({ input: output }).on('line', (line) => log.warn(withoutCredentials(line)))
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Sends if it still can: a process that has gone says so by `gone`. */
  send(message: ToHost): void {
    if (this.#child.connected) this.#child.send(message, () => {})
  }

  /** Asks it to end, kills it after 1.5 s; resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'close')
    this.send({ type: 'end' })
    const over = new AbortController()
    void pause(END_MS, over.signal).then((late) => late && this.#child.kill('SIGKILL'))
    await gone
    over.abort()
  }

  #expectBeat(withinMs: number): void {
    this.#deadline.begin(withinMs, (afterMs) => {
      this.#reason = `its process said nothing for ${inWords(afterMs, withinMs)} and was killed`
      this.#log.warn(this.#reason)
      this.#child.kill('SIGKILL')
    })
  }
}
