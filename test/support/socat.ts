import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_MS = 10_000

/** A serial port whose other end is a TCP server on this machine, by socat(1): as an instrument behind a terminal server. */
export class SerialToTcp implements AsyncDisposable {
  readonly path: string
  readonly #child: ChildProcess
  readonly #folder: string

  private constructor(child: ChildProcess, folder: string, path: string) {
    this.#child = child
    this.#folder = folder
    this.path = path
  }

  static async open(port: number): Promise<SerialToTcp> {
    const folder = await mkdtemp(join(tmpdir(), 'lightbench-tty-'))
    const path = join(folder, 'ttyS0')
    const child = spawn('socat', [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${port},nodelay`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const line = new SerialToTcp(child, folder, path)
    const late = performance.now() + READY_MS
    while (!existsSync(path)) {
      if (performance.now() > late || child.exitCode !== null) {
        await line[Symbol.asyncDispose]()
        throw new Error(`socat made no ${path}`)
      }
      await sleep(5)
    }
    return line
  }

  /** Breaks the line, as when the terminal server loses its power. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
