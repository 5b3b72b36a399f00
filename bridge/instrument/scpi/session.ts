import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../../../shared/wire/errors.ts'
import { withDeadline } from '../../core/deadline.ts'
import { type Lane, Lanes } from '../../core/lanes.ts'
import type { OpenTransport, Transport } from '../../transport/transport.ts'
import { AnswerReader } from './answer.ts'
import { type Asker, BRIDGE, currentAsker, POLL } from './asker.ts'
import { epochMs } from '../../core/clock.ts'
import { type Dialect, Line } from './line.ts'
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
  /** What outlives this session; one of its own when left out. */
  line?: Line
  /** What the driver knows of the instrument's language. */
  dialect?: Dialect
}

/** Who has the line, and since when (performance.now()). */
interface Serving {
  lane: Lane
  asker: Asker
  since: number
}

/**
 * One instrument's connection, shared by all who use it. Jobs have the line in turn, by lane; an abort waits for
 * nobody. After a timeout or a cancelled query the line is not used until the owed answer has come in, or else the
 * connection is opened anew: a late answer is never taken for the next question's.
 */
export class Session implements Disposable {
  readonly #options: SessionOptions
  readonly #lanes: Lanes
  readonly line: Line
  #serving: Serving | undefined
  #pollWaits = false
  #transport!: Transport
  #reader!: AnswerReader
  #wire!: Wire
  /** What was sent past every queue, oldest first, and what nothing has answered behind it yet. */
  #abortOwed: readonly string[] = []
  #abortedAt = -Infinity
  #over = false

  private constructor(options: SessionOptions) {
    this.#options = options
    this.line = options.line ?? new Line()
    this.line.dialect = options.dialect ?? this.line.dialect
    this.#lanes = new Lanes(options.device, () => (this.#clean ? undefined : this.#mend()))
  }

  /** Connects. Rejects as the transport does. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options)
    await session.#connect()
    session.line.session = session
    return session
  }

  /** Which lane has the line just now. */
  get busyWith(): Lane | undefined {
    return this.#lanes.busyWith
  }

  get peer(): string {
    return this.#transport.peer
  }

  /** Who has the line just now. */
  get serving(): Serving | undefined {
    return this.#serving
  }

  /**
   * Several exchanges that belong together, with nothing of anybody else's between them. Rejects with `device.busy`
   * while somebody else has locked the instrument.
   */
  run<T>(
    lane: 'control' | 'bulk',
    job: (wire: Wire) => Promise<T>,
    signal?: AbortSignal,
    asker: Asker = currentAsker(),
  ): Promise<T> {
    const kept = this.line.keptFrom(asker, this.#options.device)
    if (kept) return Promise.reject(kept)
    const since = performance.now()
    return this.#lanes.run(lane, () => this.#serve({ lane, asker, since }, job), signal)
  }

  /**
   * The same if the line is free now; undefined when it is not: a poll is left out rather than late. Only for a message
   * of another program it waits, since such a program asks again the moment that it is answered, and no poll would ever
   * find the line free.
   */
  poll<T>(job: (wire: Wire) => Promise<T>, asker: Asker = POLL): Promise<T> | undefined {
    if (this.line.keeper) return undefined
    const turn: Serving = { lane: 'poll', asker, since: performance.now() }
    if (this.#serving?.asker.by !== 'share') return this.#lanes.poll(() => this.#serve(turn, job))
    if (this.#pollWaits) return undefined
    this.#pollWaits = true
    return this.#lanes
      .run('control', () => this.#serve(turn, job))
      .finally(() => {
        this.#pollWaits = false
      })
  }

  /** One query, one line of answer. */
  query(text: string, options: ExchangeOptions = {}): Promise<string> {
    return this.run('control', (wire) => wire.query(text, options), options.signal)
  }

  /** The status byte (IEEE 488.2 section 11.2); undefined when it would have to be asked for and the line is busy. */
  async statusByte(asker: Asker, signal: AbortSignal): Promise<number | undefined> {
    const { bus } = this.#transport
    if (bus) return bus.readStatusByte(signal)
    return this.#lanes.poll(() =>
      this.#serve({ lane: 'poll', asker, since: performance.now() }, (wire) =>
        wire.number('*STB?', { signal }),
      ),
    )
  }

  /**
   * Sends commands that have no answer ahead of everything, each a message of its own (IEEE 488.2 section 7.5): they wait
   * for no queue and for no answer that is owed. Until the instrument has answered something that was asked behind them,
   * a device clear, a connection that is opened anew and the next abort send them once more.
   */
  abort(messages: readonly string[]): void {
    this.#abortedAt = performance.now()
    this.#abortOwed = [...this.#abortOwed.filter((owed) => !messages.includes(owed)), ...messages]
    this.#sendAborts()
  }

  [Symbol.dispose](): void {
    this.#end()
    this.#transport.close()
    this.#reader.closed(this.#endError('the session was closed'))
  }

  #sendAborts(): void {
    const { by, who } = currentAsker()
    for (const text of this.#abortOwed) {
      this.#transport.write(`${text}\n`)
      this.line.journal.add({
        ...{ at: epochMs(), lane: 'abort', by, who, sent: text, sentBytes: text.length + 1 },
        ...{ answerBytes: 0, waitMs: 0, wireMs: 0 },
      })
    }
  }

  /** The instrument has answered what it was asked at `askedAt`: it has had all that was sent before. */
  #answered(askedAt: number): void {
    if (askedAt > this.#abortedAt) this.#abortOwed = []
  }

  get #clean(): boolean {
    return !this.#reader.waiting && !this.#reader.astray
  }

  async #serve<T>({ lane, asker, since }: Serving, job: (wire: Wire) => Promise<T>): Promise<T> {
    const now = performance.now()
    const serving = { lane, asker, since: now }
    this.#serving = serving
    try {
      // Bytes that came while nobody had the line: whose they are nobody knows.
      if (!this.#clean) await this.#mend()
      if (this.#over) throw this.#endError('the session is closed')
      this.#wire.begin({ lane, asker, waitMs: now - since })
      return await job(this.#wire)
    } finally {
      if (this.#serving === serving) this.#serving = undefined
    }
  }

  #end(): void {
    this.#over = true
    if (this.line.session === this) this.line.session = undefined
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
    const answered = (askedAt: number): void => this.#answered(askedAt)
    this.#wire = new Wire(this.#options.device, transport, reader, this.line.journal, answered)
    this.#sendAborts()
  }

  #lose(error: BenchError): void {
    if (this.#over) return
    this.#end()
    this.line.journal.note('control', BRIDGE, error.message, error.code)
    this.#options.lost(error)
  }

  async #mend(): Promise<void> {
    if (this.#transport.clear) await this.#clear(this.#transport)
    else await this.#drain()
    if (this.#over || this.#clean) return
    this.line.journal.note(
      'control',
      BRIDGE,
      'the answer that is owed has not come: the connection is opened anew',
    )
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

  /** One device clear, which may have swept aborts away that were just sent. */
  async #clear(transport: Transport): Promise<void> {
    this.line.journal.note('control', BRIDGE, 'an answer is owed: device clear')
    try {
      await transport.clear?.(this.#options.signal)
      this.#sendAborts()
    } catch {
      this.#reader.spoil()
    }
  }

  async #drain(): Promise<void> {
    const until = performance.now() + DRAIN_MS
    while (!this.#over && this.#reader.waiting && performance.now() < until) await sleep(DRAIN_STEP_MS)
  }
}
