import { randomInt } from 'node:crypto'
import { BenchError } from '../../../shared/wire/errors.ts'
import { TcpStream } from '../tcp-stream.ts'
import { decodeReply, encodeCall, type Procedure, Records } from './rpc.ts'
import type { XdrReader, XdrWriter } from './xdr.ts'

/** The usual reply is a number or two. */
const MOST_REPLY_BYTES = 4096
const XIDS = 2 ** 32

/** A call's arguments, how long it may take, and what becomes of its results, which must be read at once. */
export interface RpcCall<T> {
  args: XdrWriter
  ms: number
  signal: AbortSignal
  results: (results: XdrReader) => T
}

interface Pending {
  take: (results: XdrReader) => void
  refuse: (error: BenchError) => void
}

/** A connection to one RPC program. Replies belong to their calls by number: one that comes too late is nobody's. */
export class RpcClient {
  readonly #program: Omit<Procedure, 'procedure'>
  readonly #pending = new Map<number, Pending>()
  readonly #closed: (error: BenchError) => void
  #stream!: TcpStream
  #xid = randomInt(XIDS)
  #over: BenchError | undefined

  private constructor(program: number, version: number, closed: (error: BenchError) => void) {
    this.#program = { program, version }
    this.#closed = closed
  }

  /** Connects. Rejects with `device.timeout`, `connection.lost` or `aborted`. `closed` hears of the end, unless `close` made it. */
  static async open(
    at: { host: string; port: number; program: number; version: number; mostReplyBytes?: number },
    signal: AbortSignal,
    closed: (error: BenchError) => void = () => {},
  ): Promise<RpcClient> {
    const client = new RpcClient(at.program, at.version, closed)
    const records = new Records(at.mostReplyBytes ?? MOST_REPLY_BYTES, (message) => client.#take(message))
    client.#stream = await TcpStream.open(
      at.host,
      at.port,
      {
        space: () => records.space(),
        received: (count) => {
          try {
            records.received(count)
          } catch (error) {
            if (!(error instanceof RangeError)) throw error
            client.#refuse(error)
          }
        },
        closed: (error) => client.#end(error),
      },
      signal,
    )
    return client
  }

  get peer(): string {
    return this.#stream.peer
  }

  get localAddress(): string {
    return this.#stream.localAddress
  }

  /** Calls a procedure. Rejects with `device.timeout`, `connection.lost`, `aborted`, or `device.unsupported` when it is not there. */
  call<T>(procedure: number, what: string, call: RpcCall<T>): Promise<T> {
    if (this.#over) return Promise.reject(this.#over)
    const xid = this.#xid
    this.#xid = (xid + 1) % XIDS
    const { args, ms, signal, results } = call
    return new Promise((resolve, reject) => {
      const over = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        this.#pending.delete(xid)
      }
      const refuse = (error: BenchError): void => {
        over()
        reject(error)
      }
      const stop = (): void =>
        refuse(
          new BenchError('aborted', `${what} at ${this.peer} was given up`, {
            cause: signal.reason as unknown,
          }),
        )
      const timer = setTimeout(() => {
        refuse(new BenchError('device.timeout', `${what} at ${this.peer} took longer than ${ms} ms`))
      }, ms)
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) {
        stop()
        return
      }
      const take = (reply: XdrReader): void => {
        const value = results(reply)
        over()
        resolve(value)
      }
      this.#pending.set(xid, { take, refuse })
      this.#stream.write(encodeCall(xid, { ...this.#program, procedure }, args))
    })
  }

  /** Ends the connection because of `error`. */
  fail(error: BenchError): void {
    this.#stream.fail(error)
  }

  /** Ends the connection at once; a last call, whose reply nobody waits for, is made first. */
  close(last?: { procedure: number; args: XdrWriter }): void {
    this.#stream.close(
      last && encodeCall(this.#xid, { ...this.#program, procedure: last.procedure }, last.args),
    )
    this.#end(new BenchError('connection.lost', 'the connection was closed'), true)
  }

  #take(message: Buffer): void {
    const reply = decodeReply(message)
    const pending = this.#pending.get(reply.xid)
    if (!pending) return
    if ('results' in reply) {
      try {
        pending.take(reply.results)
      } catch (error) {
        pending.refuse(new BenchError('connection.lost', `${this.peer} sent an answer that is cut short`))
        throw error
      }
    } else pending.refuse(new BenchError('device.unsupported', `${this.peer} answered ${reply.refused}`))
  }

  #refuse(error: RangeError): void {
    const what = `${this.peer} sent what is no RPC reply: ${error.message}`
    this.fail(new BenchError('connection.lost', what, { cause: error }))
  }

  #end(error: BenchError, quietly = false): void {
    if (this.#over) return
    this.#over = error
    for (const { refuse } of [...this.#pending.values()]) refuse(error)
    if (!quietly) this.#closed(error)
  }
}
