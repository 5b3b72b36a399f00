import { BenchError } from '../../../shared/wire/errors.ts'
import { TcpStream, type StreamEnd } from '../tcp-stream.ts'
import { pour, type Receiver } from '../transport.ts'
import { decode, encode, explainError, HEADER_BYTES, type Header, MessageType } from './message.ts'

const ROOM_BYTES = 64 * 1024
/** What is neither data nor a sentence about an error has 8 bytes of payload at most. */
const MOST_CONTROL_BYTES = 4096
/** More data in one message than this is absurd. It is what we announce; a block may be many messages. */
export const MOST_DATA_BYTES = 256 << 20
/** From here on, bytes are read straight to where they belong. */
const DIRECT_BYTES = 16 * 1024

const POORLY_FORMED_HEADER = 1

/** Who takes a channel's messages. */
export interface ChannelEnd {
  /** A Data or DataEnd message begins: where its payload goes, or undefined for nowhere. */
  data(header: Header): Receiver | undefined
  /** A Data or DataEnd message is over; `kept` unless its payload went nowhere. */
  dataOver(header: Header, kept: boolean): void
  /** Any other message but a FatalError, with its payload: a view that holds until this returns. */
  message(header: Header, payload: Buffer): void
  /** As of `StreamEnd`. */
  closed(error: BenchError): void
}

/** A data message that is being received. */
interface Incoming {
  header: Header
  left: number
  receiver: Receiver | undefined
}

/** One of the two TCP connections of a HiSLIP session, cut into messages. */
export class Channel implements StreamEnd {
  readonly #to: ChannelEnd
  readonly #room = Buffer.allocUnsafe(ROOM_BYTES)
  #stream!: TcpStream
  #filled = 0
  #data: Incoming | undefined
  #direct = false

  private constructor(to: ChannelEnd) {
    this.#to = to
  }

  /** Connects. Rejects with `device.timeout`, `connection.lost` or `aborted`. */
  static async open(host: string, port: number, to: ChannelEnd, signal: AbortSignal): Promise<Channel> {
    const channel = new Channel(to)
    channel.#stream = await TcpStream.open(host, port, channel, signal)
    return channel
  }

  get peer(): string {
    return this.#stream.peer
  }

  send(type: number, control = 0, parameter = 0, payload: string | Uint8Array = ''): void {
    this.#stream.write(encode(type, control, parameter, payload))
  }

  /** What is still to come of the data message that is being received goes nowhere. */
  drop(): void {
    if (this.#data) this.#data.receiver = undefined
  }

  /** Ends the connection because of `error`, which `closed` hears. */
  fail(error: BenchError): void {
    this.#stream.fail(error)
  }

  close(): void {
    this.#stream.close()
  }

  space(): Uint8Array {
    const { receiver, left } = this.#data ?? { left: 0 }
    this.#direct = receiver !== undefined && left >= DIRECT_BYTES
    return this.#direct && receiver ? receiver.space().subarray(0, left) : this.#room.subarray(this.#filled)
  }

  received(count: number): void {
    if (this.#direct && this.#data) {
      const { header, receiver } = this.#data
      this.#data.left -= count
      // Dropped in the meantime, it stands in a buffer that nobody reads.
      receiver?.received(count, this.#data.left === 0 && header.type === MessageType.DataEnd)
      this.#endData()
      return
    }
    this.#filled += count
    this.#take()
  }

  closed(error: BenchError): void {
    this.#to.closed(error)
  }

  #take(): void {
    let at = 0
    for (;;) {
      if (this.#data) {
        at += this.#pour(this.#data, at)
        if (this.#data) break
      }
      if (this.#filled - at < HEADER_BYTES) break
      const header = decode(this.#room, at)
      if (!header) {
        this.#refuse(`"${this.#room.toString('latin1', at, at + HEADER_BYTES)}" where a message should begin`)
        return
      }
      const isData = header.type === MessageType.Data || header.type === MessageType.DataEnd
      const most = isData ? MOST_DATA_BYTES : MOST_CONTROL_BYTES
      if (header.payloadBytes > most) {
        this.#refuse(
          `a message said to be ${header.payloadBytes} bytes long, where at most ${most} are taken`,
        )
        return
      }
      if (isData) {
        at += HEADER_BYTES
        this.#data = { header, left: header.payloadBytes, receiver: this.#to.data(header) }
        continue
      }
      const end = at + HEADER_BYTES + header.payloadBytes
      if (end > this.#filled) break
      this.#hear(header, this.#room.subarray(at + HEADER_BYTES, end))
      if (this.#stream.over) return
      at = end
    }
    this.#room.copyWithin(0, at, this.#filled)
    this.#filled -= at
  }

  /** Hands over what has come of a data message's payload. Answers how many bytes that was. */
  #pour(data: Incoming, at: number): number {
    const count = Math.min(this.#filled - at, data.left)
    data.left -= count
    const end = data.left === 0 && data.header.type === MessageType.DataEnd
    if (data.receiver && (count > 0 || end)) pour(data.receiver, this.#room.subarray(at, at + count), end)
    this.#endData()
    return count
  }

  #endData(): void {
    const data = this.#data
    if (!data || data.left > 0) return
    this.#data = undefined
    this.#to.dataOver(data.header, data.receiver !== undefined)
  }

  #hear(header: Header, payload: Buffer): void {
    if (header.type !== MessageType.FatalError) {
      this.#to.message(header, payload)
      return
    }
    const what = `${this.peer} ended the connection because of ${explainError(header, payload)}`
    this.fail(new BenchError('connection.lost', what))
  }

  #refuse(what: string): void {
    this.send(MessageType.FatalError, POORLY_FORMED_HEADER)
    this.fail(new BenchError('connection.lost', `${this.peer} sent ${what}: is it HiSLIP that it speaks?`))
  }
}
