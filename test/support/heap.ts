/** What a program of ours holds on to, looked at from outside by the Chrome DevTools protocol. */
export class Heap implements Disposable {
  readonly #socket: WebSocket
  #asked = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Attaches to a program that was started with `--inspect=127.0.0.1:0`, by what it has said. */
  static async attach(output: readonly string[]): Promise<Heap> {
    const url = /Debugger listening on (ws:\S+)/.exec(output.join('\n'))?.[1]
    if (url === undefined) throw new Error('the program was not started with --inspect')
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true })
      socket.addEventListener('error', reject, { once: true })
    })
    return new Heap(socket)
  }

  /** MiB in use, buffers outside the heap too, once what nobody needs has been collected. */
  async usedMiB(): Promise<number> {
    for (let i = 0; i < 3; i++) await this.#ask('HeapProfiler.collectGarbage')
    const { result } = (await this.#ask('Runtime.evaluate', {
      expression: '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())',
    })) as { result: { value: number } }
    return result.value / 2 ** 20
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  #ask(method: string, params = {}): Promise<unknown> {
    const id = ++this.#asked
    return new Promise((resolve) => {
      const hear = (event: MessageEvent<string>): void => {
        const message = JSON.parse(event.data) as { id?: number; result: unknown }
        if (message.id !== id) return
        this.#socket.removeEventListener('message', hear)
        resolve(message.result)
      }
      this.#socket.addEventListener('message', hear)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
