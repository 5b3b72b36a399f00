import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('rtsp_source.py', import.meta.url))

/** GStreamer's RTSP server with a test picture, in H.264. It ends with the test. */
export class RtspSource implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: string) {
    this.#child = child
    this.url = `rtsp://127.0.0.1:${port}/camera`
  }

  /** `keyEvery`: pictures between key frames. Rejects with what it wrote when it does not listen. */
  static async start(keyEvery: number): Promise<RtspSource> {
    const child = spawn('/usr/bin/python3', [SOURCE, String(keyEvery)], { stdio: ['pipe', 'pipe', 'pipe'] })
    const said: string[] = []
    createInterface(child.stderr).on('line', (line) => said.push(line))
    const [port] = (await Promise.race([
      once(createInterface(child.stdout), 'line'),
      once(child, 'exit').then(() => Promise.reject(new Error(`no RTSP source: ${said.join('\n')}`))),
    ])) as [string]
    return new RtspSource(child, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}
