import { BenchError } from '../../../shared/wire/errors.ts'
import { Channel, type ChannelEnd, MOST_DATA_BYTES } from './channel.ts'
import { explainError, type Header, MessageType } from './message.ts'
import { type Reply, Replies } from './replies.ts'

const REPLY_MS = 3000
const LOCK = { release: 0, request: 1 } as const
const LOCK_GRANTED = 1
const LOCK_SHARED_RELEASED = 2
/** IVI-6.1 table 21. */
const REMOTE = { goRemote: 3, goLocal: 6 } as const

/** What the asynchronous channel says by itself. */
export interface AsyncEvents {
  serviceRequested(statusByte: number): void
  interrupted(): void
  closed(error: BenchError): void
}

/** The channel beside the data (IVI-6.1 section 6): status, locks, service requests, and the way past a stuck query. */
export class AsyncChannel implements ChannelEnd {
  readonly #events: AsyncEvents
  readonly #replies = new Replies()
  #channel!: Channel

  private constructor(events: AsyncEvents) {
    this.#events = events
  }

  /** Connects and joins the session that the synchronous channel has begun (IVI-6.1 section 6.1). */
  static async open(
    host: string,
    port: number,
    session: number,
    events: AsyncEvents,
    signal: AbortSignal,
  ): Promise<AsyncChannel> {
    const channel = new AsyncChannel(events)
    channel.#channel = await Channel.open(host, port, channel, signal)
    try {
      const { AsyncInitialize, AsyncInitializeResponse } = MessageType
      await channel.#ask(AsyncInitialize, AsyncInitializeResponse, signal, { parameter: session })
    } catch (error) {
      channel.close()
      throw error
    }
    return channel
  }

  /** Says how long a message may be that we are sent, and gives how long one may be that we send (IVI-6.1 section 6.9). */
  async agreeOnSize(signal: AbortSignal): Promise<number> {
    const ours = Buffer.alloc(8)
    ours.writeBigUInt64BE(BigInt(MOST_DATA_BYTES))
    const { AsyncMaximumMessageSize, AsyncMaximumMessageSizeResponse } = MessageType
    const { payload } = await this.#ask(AsyncMaximumMessageSize, AsyncMaximumMessageSizeResponse, signal, {
      payload: ours,
    })
    return payload.length < 8 ? MOST_DATA_BYTES : Number(payload.readBigUInt64BE(0))
  }

  /** The status byte (IVI-6.1 section 6.14). `lastId` is of the last message sent. */
  async readStatusByte(rmtDelivered: boolean, lastId: number, signal: AbortSignal): Promise<number> {
    const { AsyncStatusQuery, AsyncStatusResponse } = MessageType
    const { header } = await this.#ask(AsyncStatusQuery, AsyncStatusResponse, signal, {
      control: rmtDelivered ? 1 : 0,
      parameter: lastId,
    })
    return header.control
  }

  /** Tells the instrument to stop what it does; gives the features that it would like (IVI-6.1 section 6.12). */
  async clear(signal: AbortSignal): Promise<number> {
    const { AsyncDeviceClear, AsyncDeviceClearAcknowledge } = MessageType
    return (await this.#ask(AsyncDeviceClear, AsyncDeviceClearAcknowledge, signal)).header.control
  }

  /** The exclusive lock (IVI-6.1 section 6.5). Rejects with `device.busy` when another client keeps it. */
  async lock(waitMs: number, signal: AbortSignal): Promise<void> {
    const { header } = await this.#ask(MessageType.AsyncLock, MessageType.AsyncLockResponse, signal, {
      control: LOCK.request,
      parameter: waitMs,
      ms: REPLY_MS + waitMs,
    })
    if (header.control !== LOCK_GRANTED)
      throw new BenchError(
        'device.busy',
        `${this.#channel.peer} is locked by another client: ask it to let go`,
      )
  }

  async unlock(lastId: number, signal: AbortSignal): Promise<void> {
    const { header } = await this.#ask(MessageType.AsyncLock, MessageType.AsyncLockResponse, signal, {
      control: LOCK.release,
      parameter: lastId,
    })
    if (header.control !== LOCK_GRANTED && header.control !== LOCK_SHARED_RELEASED)
      throw new BenchError('input.invalid', `${this.#channel.peer} is not locked by this connection`)
  }

  /** Remote or local operation (IVI-6.1 section 6.8). */
  async remote(on: boolean, lastId: number, signal: AbortSignal): Promise<void> {
    const { AsyncRemoteLocalControl, AsyncRemoteLocalResponse } = MessageType
    await this.#ask(AsyncRemoteLocalControl, AsyncRemoteLocalResponse, signal, {
      control: on ? REMOTE.goRemote : REMOTE.goLocal,
      parameter: lastId,
    })
  }

  fail(error: BenchError): void {
    this.#channel.fail(error)
  }

  /** Ends the connection; whoever waits for something hears `error`. */
  close(error = new BenchError('connection.lost', 'the connection was closed')): void {
    this.#channel.close()
    this.#replies.end(error)
  }

  data(): undefined {
    return undefined
  }

  dataOver(): void {
    this.fail(
      new BenchError('connection.lost', `${this.#channel.peer} sent data on the asynchronous channel`),
    )
  }

  message(header: Header, payload: Buffer): void {
    if (header.type === MessageType.AsyncServiceRequest) this.#events.serviceRequested(header.control)
    else if (header.type === MessageType.AsyncInterrupted) this.#events.interrupted()
    else if (header.type === MessageType.Error) {
      const what = `${this.#channel.peer} refused a request with ${explainError(header, payload)}`
      this.#replies.refuse(new BenchError('device.unsupported', what))
    } else this.#replies.take(header, payload)
  }

  closed(error: BenchError): void {
    this.#replies.end(error)
    this.#events.closed(error)
  }

  #ask(
    type: number,
    answer: number,
    signal: AbortSignal,
    request: { control?: number; parameter?: number; payload?: Uint8Array; ms?: number } = {},
  ): Promise<Reply> {
    const { control = 0, parameter = 0, payload = '', ms = REPLY_MS } = request
    const what = `the answer of ${this.#channel.peer} to HiSLIP message ${type}`
    const reply = this.#replies.expect(answer, what, ms, signal)
    this.#channel.send(type, control, parameter, payload)
    return reply
  }
}
