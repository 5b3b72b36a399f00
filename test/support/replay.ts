import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** What the instrument must be sent, and what it answers: nothing, a line, or bytes. */
export type Exchange = readonly [sent: string, answer?: string | Uint8Array]

/** An instrument that knows just one conversation, over a real socket. */
export class ReplayInstrument implements AsyncDisposable {
  readonly #server: Server
  readonly #left: Exchange[]
  readonly #wrong: string[] = []
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, exchanges: readonly Exchange[]) {
    this.#server = server
    this.#left = [...exchanges]
  }

  static async listen(exchanges: readonly Exchange[]): Promise<ReplayInstrument> {
    const server = createServer()
    const instrument = new ReplayInstrument(server, exchanges)
    server.on('connection', (socket) => instrument.#serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return instrument
  }

  get resource(): string {
    return `TCPIP::127.0.0.1::${(this.#server.address() as AddressInfo).port}::SOCKET`
  }

  /** What is left to be said, and what was said that should not have been: both empty at the end of a good test. */
  get left(): { unsaid: readonly Exchange[]; unexpected: readonly string[] } {
    return { unsaid: this.#left, unexpected: this.#wrong }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    createInterface(socket).on('line', (line) => {
      const [sent, answer] = this.#left[0] ?? []
      if (line !== sent) {
        this.#wrong.push(`${line} (expected ${sent ?? 'nothing more'})`)
        return
      }
      this.#left.shift()
      if (typeof answer === 'string') socket.write(`${answer}\r\n`)
      else if (answer) socket.write(answer)
    })
  }
}
