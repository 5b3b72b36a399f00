import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Where it listens; GigE Vision's port is fixed, so there is one on a machine at a time. */
export const ADDRESS = '127.0.0.1'
const LOCK = '\0lightbench-fake-camera'

/** The GigE Vision camera in software that comes with Debian's aravis-tools: 512x512, Bayer or mono, one line, software trigger. */
export class FakeCamera implements AsyncDisposable {
  readonly #lock: Server
  #child: ChildProcess | undefined

  private constructor(lock: Server) {
    this.#lock = lock
  }

  /** Waits, for a minute at most, until no other test has one. */
  static async start(): Promise<FakeCamera> {
    const end = performance.now() + 60_000
    for (;;) {
      const lock = createServer().listen(LOCK)
      try {
        await once(lock, 'listening')
        const camera = new FakeCamera(lock)
        camera.switchOn()
        return camera
      } catch (error) {
        if (performance.now() > end) throw error
        await sleep(100)
      }
    }
  }

  switchOn(): void {
    this.#child = spawn('arv-fake-gv-camera-0.8', ['-i', ADDRESS], { stdio: 'ignore' })
  }

  /** As if its plug was pulled. */
  async pull(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pull()
    this.#lock.close()
  }
}
