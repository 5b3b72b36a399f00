import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../../shared/errors.ts'
import { withDeadline } from '../core/deadline.ts'
import { type Lane, Lanes } from '../core/lanes.ts'
import type { OpenTransport, Transport } from '../transport/transport.ts'
import { AnswerReader } from './answer.ts'
import { type ExchangeOptions, Wire } from './wire.ts'

/** How long an answer that came too late may still come in, before the connection is opened anew. */
const DRAIN_MS = 500
const DRAIN_STEP_MS = 20
const REOPEN_MS = 5000

export interface SessionOptions {
  /** The device's id, for messages. */
  device: string
  open: OpenTransport
  signal: AbortSignal
  /** The session is over: the connection went away and no exchange will succeed again. */
  lost: (error: BenchError) => void
}

/**
 * One instrument's connection, shared by all who use it. Jobs have the line in turn, by lane; an abort waits for
 * nobody. After a timeout or a cancelled query the line is not used until the owed answer has come in, or else the
 * connection is opened anew: a late answer is never taken for the next question's.
 */
export class Session implements Disposable {
  readonly #options: SessionOptions
  readonly #lanes: Lanes
  #transport!: Transport
  #reader!: AnswerReader
  #wire!: Wire
  #abortOwed: string | undefined
  #over = false

  private constructor(options: SessionOptions) {
    this.#options = options
    this.#lanes = new Lanes(options.device, () => (this.#clean ? undefined : this.#mend()))
  }

  /** Connects. Rejects as the transport does. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options)
    await session.#connect()
    return session
  }

  /** Which lane has the line just now. */
  get busyWith(): Lane | undefined {
    return this.#lanes.busyWith
  }

  get peer(): string {
    return this.#transport.peer
  }

  /** Several exchanges that belong together, with nothing of anybody else's between them. */
  run<T>(lane: 'control' | 'bulk', job: (wire: Wire) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#lanes.run(lane, () => this.#serve(job), signal)
  }

  /** The same if the line is free now; undefined when it is not: a poll is left out rather than late. */
  poll<T>(job: (wire: Wire) => Promise<T>): Promise<T> | undefined {
    return this.#lanes.poll(() => this.#serve(job))
  }

  /** One query, one line of answer. */
  query(text: string, options: ExchangeOptions = {}): Promise<string> {
    return this.run('control', (wire) => wire.query(text, options), options.signal)
  }

  /**
   * Sends a command that has no answer ahead of everything: it waits for no queue and for no answer that is owed,
   * and a line that is just being opened anew carries it first.
   */
  abort(text: string): void {
    this.#abortOwed = text
    this.#transport.write(`${text}\n`)
    if (this.#clean) this.#abortOwed = undefined
  }

  [Symbol.dispose](): void {
    this.#over = true
    this.#transport.close()
    this.#reader.closed(this.#endError('the session was closed'))
  }

  get #clean(): boolean {
    return !this.#reader.waiting && !this.#reader.astray
  }

  async #serve<T>(job: (wire: Wire) => Promise<T>): Promise<T> {
    // Bytes that came while nobody had the line: whose they are nobody knows.
    if (!this.#clean) await this.#mend()
    if (this.#over) throw this.#endError('the session is closed')
    return job(this.#wire)
  }

  #endError(message: string): BenchError {
    return new BenchError('connection.lost', message, { device: this.#options.device })
  }

  async #connect(): Promise<void> {
    let up = false
    const reader = new AnswerReader((error) => {
      if (up && reader === this.#reader) this.#lose(error)
    })
    const transport = await this.#options.open(reader, this.#options.signal)
    up = true
    this.#reader = reader
    if (this.#over) {
      transport.close()
      throw this.#endError('the session was closed')
    }
    this.#transport = transport
    reader.marksEnd = transport.marksEnd
    this.#wire = new Wire(this.#options.device, transport, reader)
    if (this.#abortOwed !== undefined) this.abort(this.#abortOwed)
  }

  #lose(error: BenchError): void {
    if (this.#over) return
    this.#over = true
    this.#options.lost(error)
  }

  async #mend(): Promise<void> {
    if (this.#transport.clear) await this.#clear(this.#transport)
    else await this.#drain()
    if (this.#over || this.#clean) return
    this.#transport.close()
    try {
      await withDeadline(this.#connect(), REOPEN_MS, 'opening the connection anew', {
        device: this.#options.device,
        signal: this.#options.signal,
      })
    } catch (error) {
      this.#lose(error instanceof BenchError ? error : this.#endError(String(error)))
    }
  }

  /** One device clear, which may have swept an abort away that was just sent. */
  async #clear(transport: Transport): Promise<void> {
    try {
      await transport.clear?.(this.#options.signal)
      if (this.#abortOwed !== undefined) this.abort(this.#abortOwed)
    } catch {
      this.#reader.spoil()
    }
  }

  async #drain(): Promise<void> {
    const until = performance.now() + DRAIN_MS
    while (!this.#over && this.#reader.waiting && performance.now() < until) await sleep(DRAIN_STEP_MS)
    // It went over this connection, which is the one that stays.
    if (this.#clean) this.#abortOwed = undefined
  }
}
