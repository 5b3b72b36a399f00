import { connect, type Socket } from 'node:net'
import { BenchError } from '../../shared/wire/errors.ts'
import { withDeadline } from '../core/deadline.ts'

/** How long a connection may take to be made. */
const CONNECT_MS = 3000
/** An instrument that takes no more than this of what we send is not listening: queries are short. */
const MOST_UNSENT_BYTES = 1 << 20
/** How long the peer has to take a last word. */
const FAREWELL_MS = 300

/** Where a TCP connection's bytes go. */
export interface StreamEnd {
  /** Room for the next bytes, at least one. Asked before every read. */
  space(): Uint8Array
  /** `count` bytes now stand at the beginning of the room last given. */
  received(count: number): void
  /** The connection is gone. Called once, unless `close` was called first. */
  closed(error: BenchError): void
}

/** A TCP connection that is read straight into the buffers of whoever receives. */
export class TcpStream {
  readonly peer: string
  readonly #socket: Socket
  readonly #end: StreamEnd
  #over = false

  private constructor(host: string, port: number, end: StreamEnd) {
    this.peer = `${host.includes(':') ? `[${host}]` : host}:${port}`
    this.#end = end
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: () => end.space(),
        callback: (count) => {
          if (!this.#over) end.received(count)
          return true
        },
      },
    })
  }

  /** Connects. Rejects with `device.timeout`, `connection.lost` or `aborted`. */
  static async open(host: string, port: number, end: StreamEnd, signal: AbortSignal): Promise<TcpStream> {
    const stream = new TcpStream(host, port, end)
    const socket = stream.#socket
    let up = false
    const connected = new Promise<void>((resolve, reject) => {
      let reason: Error | undefined
      socket.once('connect', resolve)
      socket.on('error', (error) => (reason = error))
      socket.once('close', () => {
        const why = reason ? `: ${reason.message}` : ' by the other end'
        const error = new BenchError('connection.lost', `the connection to ${stream.peer} was closed${why}`, {
          cause: reason,
        })
        if (up) stream.fail(error)
        else reject(error)
      })
    })
    try {
      await withDeadline(connected, CONNECT_MS, `connecting to ${stream.peer}`, { signal })
    } catch (error) {
      stream.close()
      throw error
    }
    up = true
    return stream
  }

  /** Whether it was closed, from whichever side. */
  get over(): boolean {
    return this.#over
  }

  /** This end's address, as the peer sees it. */
  get localAddress(): string {
    return this.#socket.localAddress ?? ''
  }

  /** Sends bytes; a string is latin1. */
  write(bytes: Uint8Array | string): void {
    if (this.#over) return
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1')
    else this.#socket.write(bytes)
    if (this.#socket.writableLength > MOST_UNSENT_BYTES)
      this.fail(new BenchError('connection.lost', `${this.peer} takes nothing of what is sent`))
  }

  /** Ends the connection because of `error`, which its receiver hears. */
  fail(error: BenchError): void {
    if (this.#over) return
    this.close()
    this.#end.closed(error)
  }

  /** Ends the connection at once; its receiver hears nothing more. `last` is sent first if the peer takes it soon. */
  close(last?: Uint8Array): void {
    if (this.#over) return
    this.#over = true
    if (!last) {
      this.#socket.destroy()
      return
    }
    this.#socket.end(last)
    setTimeout(() => this.#socket.destroy(), FAREWELL_MS).unref()
  }
}
