import { BenchError } from '../../../shared/wire/errors.ts'
import type { Receiver } from '../transport.ts'
import { Channel, type ChannelEnd, MOST_DATA_BYTES } from './channel.ts'
import { explainError, type Header, MessageType } from './message.ts'
import { Replies, type Reply } from './replies.ts'

const REPLY_MS = 3000
/** How long the second of Interrupted and AsyncInterrupted may come after the first. */
const INTERRUPTED_MS = 3000
const MOST_HELD_BYTES = 1 << 20
/** IVI-6.1 section 3.1.2. */
const FIRST_ID = 0xffffff00
const NO_ID = 0xffffffff
const ID_STEP = 2

/** The channel of the messages themselves: numbers what is sent, and knows which answer belongs to it (IVI-6.1 section 3). */
export class SyncChannel implements ChannelEnd {
  readonly #receiver: Receiver
  readonly #closed: (error: BenchError) => void
  readonly #replies = new Replies()
  #channel!: Channel
  #nextId = FIRST_ID
  #rmtDelivered = false
  #owed = false
  #mostBytes = MOST_DATA_BYTES
  #clearing = false
  #interrupted: { by: 'sync' | 'async'; limit: NodeJS.Timeout } | undefined
  readonly #held: (() => void)[] = []
  #heldBytes = 0
  /** Overlap mode, where answers come in the order of their questions and none is ever interrupted. */
  overlap = false

  private constructor(receiver: Receiver, closed: (error: BenchError) => void) {
    this.#receiver = receiver
    this.#closed = closed
  }

  static async open(
    host: string,
    port: number,
    receiver: Receiver,
    closed: (error: BenchError) => void,
    signal: AbortSignal,
  ): Promise<SyncChannel> {
    const channel = new SyncChannel(receiver, closed)
    channel.#channel = await Channel.open(host, port, channel, signal)
    return channel
  }

  get peer(): string {
    return this.#channel.peer
  }

  /** The id of the last message sent, as a status query carries it; two below the first when there was none. */
  get lastId(): number {
    return (this.#nextId - ID_STEP) >>> 0
  }

  /** How long a message may be that the instrument takes. */
  limit(bytes: number): void {
    this.#mostBytes = Math.max(1, Math.min(bytes, MOST_DATA_BYTES))
  }

  /** Sends a message and waits for another (the beginning of a session, the end of a device clear). */
  ask(
    type: number,
    answer: number,
    signal: AbortSignal,
    request: { control?: number; parameter?: number; payload?: string } = {},
  ): Promise<Reply> {
    const what = `the answer of ${this.peer} to HiSLIP message ${type}`
    const reply = this.#replies.expect(answer, what, REPLY_MS, signal)
    this.#channel.send(type, request.control, request.parameter, request.payload)
    return reply
  }

  write(text: string): void {
    this.#interrupt()
    this.#send(text.length, () => this.#sendData(text))
  }

  trigger(): void {
    this.#interrupt()
    this.#send(0, () => this.#channel.send(MessageType.Trigger, this.#takeRmt(), this.#takeId()))
  }

  expectAnswer(): void {
    this.#owed = true
  }

  /** Whether the end of an answer was received since this was last asked: told once with what is sent next (IVI-6.1 section 3.1.2). */
  takeRmtDelivered(): boolean {
    return this.#takeRmt() === 1
  }

  /** Until `clearOver` nothing is sent, and what is received is thrown away. */
  clearBegins(): void {
    this.#clearing = true
    this.#owed = false
    this.#held.length = 0
    this.#heldBytes = 0
    this.#channel.drop()
    this.#receiver.failed?.(new BenchError('aborted', `${this.peer} was cleared`))
  }

  /** The numbers start over (IVI-6.1 section 6.12), and what was held meanwhile is sent. */
  clearOver(overlap: boolean): void {
    this.overlap = overlap
    this.#nextId = FIRST_ID
    this.#rmtDelivered = false
    clearTimeout(this.#interrupted?.limit)
    this.#interrupted = undefined
    this.#clearing = false
    this.#release()
  }

  /** Nothing is sent between Interrupted and AsyncInterrupted, whichever is first (IVI-6.1 section 3.1.2). */
  interrupted(by: 'sync' | 'async'): void {
    if (this.#clearing) return
    if (!this.#interrupted) {
      const limit = setTimeout(() => {
        const what = `${this.peer} sent one of Interrupted and AsyncInterrupted without the other`
        this.fail(new BenchError('connection.lost', what))
      }, INTERRUPTED_MS)
      this.#interrupted = { by, limit }
    } else if (this.#interrupted.by !== by) {
      clearTimeout(this.#interrupted.limit)
      this.#interrupted = undefined
      this.#release()
    }
  }

  fail(error: BenchError): void {
    this.#channel.fail(error)
  }

  /** Ends the connection; whoever waits for something hears `error`. */
  close(error = new BenchError('connection.lost', 'the connection was closed')): void {
    clearTimeout(this.#interrupted?.limit)
    this.#channel.close()
    this.#replies.end(error)
  }

  data(header: Header): Receiver | undefined {
    if (this.#clearing) return undefined
    if (this.overlap || header.parameter === NO_ID || header.parameter === this.lastId) return this.#receiver
    return undefined
  }

  dataOver(header: Header, kept: boolean): void {
    if (!kept || header.type !== MessageType.DataEnd) return
    this.#owed = false
    this.#rmtDelivered = true
  }

  message(header: Header, payload: Buffer): void {
    if (header.type === MessageType.Interrupted) this.interrupted('sync')
    else if (header.type === MessageType.Error) {
      const what = `${this.peer} refused a message with ${explainError(header, payload)}`
      const error = new BenchError('device.unsupported', what)
      if (this.#replies.refuse(error)) return
      this.#owed = false
      this.#receiver.failed?.(error)
    } else this.#replies.take(header, payload)
  }

  closed(error: BenchError): void {
    clearTimeout(this.#interrupted?.limit)
    this.#replies.end(error)
    this.#closed(error)
  }

  /** In synchronized mode an answer is void when the next message is sent before it is whole (IVI-6.1 section 3.1.2). */
  #interrupt(): void {
    if (!this.#owed || this.overlap) return
    this.#owed = false
    this.#channel.drop()
    this.#receiver.failed?.(
      new BenchError('aborted', `the answer of ${this.peer} gave way to the next message`),
    )
  }

  #send(bytes: number, send: () => void): void {
    if (!this.#clearing && !this.#interrupted) {
      send()
      return
    }
    this.#heldBytes += bytes
    if (this.#heldBytes > MOST_HELD_BYTES)
      this.fail(new BenchError('connection.lost', `${this.peer} takes nothing of what is sent`))
    else this.#held.push(send)
  }

  #release(): void {
    this.#heldBytes = 0
    for (const send of this.#held.splice(0)) send()
  }

  #sendData(text: string): void {
    let at = 0
    do {
      const piece = text.slice(at, at + this.#mostBytes)
      at += piece.length
      const type = at < text.length ? MessageType.Data : MessageType.DataEnd
      this.#channel.send(type, this.#takeRmt(), this.#takeId(), piece)
    } while (at < text.length)
  }

  #takeRmt(): number {
    const control = this.#rmtDelivered ? 1 : 0
    this.#rmtDelivered = false
    return control
  }

  #takeId(): number {
    const id = this.#nextId
    this.#nextId = (id + ID_STEP) >>> 0
    return id
  }
}
