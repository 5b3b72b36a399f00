import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

type Script = ChildProcessByStdio<Writable, Readable, null>

/** A pseudo-terminal, by script(1) of util-linux: `path` is one end, like a serial port; `say` and `heard` are the other. */
export class Pty implements AsyncDisposable {
  readonly path: string
  readonly #child: Script
  #heard = ''
  /** Is told what is written to the serial port, as it comes. */
  onHeard: (text: string) => void = () => {}

  private constructor(child: Script, path: string) {
    this.#child = child
    this.path = path
    child.stdout.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      this.#heard += text
      this.onHeard(text)
    })
    child.stdin.on('error', () => {})
  }

  static async open(): Promise<Pty> {
    const hold = 'tty; stty raw -echo; echo ready; exec sleep 60'
    const child = spawn('script', ['-qfc', hold, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, SHELL: '/bin/sh' },
    })
    let said = ''
    while (!said.includes('ready')) {
      const [bytes] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(5000) })) as [Buffer]
      said += bytes.toString('latin1')
    }
    return new Pty(child, said.split(/\s/)[0] ?? '')
  }

  /** All that was written to the serial port. */
  get heard(): string {
    return this.#heard
  }

  say(text: string | Uint8Array): void {
    this.#child.stdin.write(text)
  }

  /** What pulling the plug is. */
  async unplug(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unplug()
  }
}
