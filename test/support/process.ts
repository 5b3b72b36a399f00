import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const START_MS = 20_000

/** A program of ours in its own process. It ends with the test, and by itself should the test's process be killed. */
export class Program<Ready> implements AsyncDisposable {
  readonly child: ChildProcess
  /** What it said that it is ready with. */
  readonly ready: Ready
  /** All that it has written, for a failing test to show. */
  readonly output: string[]

  private constructor(child: ChildProcess, ready: Ready, output: string[]) {
    this.child = child
    this.ready = ready
    this.output = output
  }

  /**
   * Runs `file` (from the top folder) on this Node until `isReady` finds what it waits for in a line of its output: with
   * `group` in a process group of its own, with `through` by a command that becomes the program given behind it.
   */
  static async start<Ready>(
    file: string,
    args: string[],
    isReady: (line: string) => Ready | undefined,
    nodeArgs: string[] = [],
    { group = false, through = [] }: { group?: boolean; through?: readonly string[] } = {},
  ): Promise<Program<Ready>> {
    const path = fileURLToPath(new URL(`../../${file}`, import.meta.url))
    const line = [...through, process.execPath, ...nodeArgs, path, '--with-parent', ...args]
    const child = spawn(line[0]!, line.slice(1), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: group,
    })
    const output: string[] = []
    const ready = await new Promise<Ready>((resolve, reject) => {
      const late = setTimeout(() => end('is not ready'), START_MS)
      const end = (what: string): void => {
        child.kill('SIGKILL')
        reject(new Error(`${file} ${what} after ${START_MS / 1000} s or less:\n${output.join('\n')}`))
      }
      child.once('exit', (code) => end(`ended with ${String(code)}`))
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on('line', (line) => {
          output.push(line)
          const found = isReady(line)
          if (found === undefined) return
          clearTimeout(late)
          child.removeAllListeners('exit')
          resolve(found)
        })
      }
    })
    return new Program(child, ready, output)
  }

  /** Its process id. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the program was never started')
    return this.child.pid
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** Sends a signal and waits for the end. Answers how long that took, in ms. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const begun = performance.now()
    if (this.running) {
      const exit = once(this.child, 'exit')
      this.child.kill(signal)
      await exit
    }
    return performance.now() - begun
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGTERM')
  }
}
