import type { Socket } from 'node:net'
import { guarded } from '../../../core/guarded.ts'
import type { Logger } from '../../../core/log.ts'
import { decode, encode, HEADER_BYTES, type Header, MessageType } from '../../../transport/hislip/message.ts'

/** What this server takes in one message (IVI-6.1 section 6.9); a longer one comes in pieces. */
export const MOST_PAYLOAD_BYTES = 256 * 1024
/** IVI-6.1 table 14. */
export const Fatal = { header: 1, channels: 2, initialization: 3, clients: 4 } as const
/** How long the client has to take a last word. */
const FAREWELL_MS = 300
const NONE = Buffer.alloc(0)

/** One of the two TCP connections of a client, cut into messages. */
export class ServerChannel {
  readonly socket: Socket
  #rest: Buffer = NONE
  /** Takes each message; who it is changes when the session is there. */
  hear: (header: Header, payload: Buffer) => void = () => {}

  constructor(socket: Socket, log: Logger) {
    this.socket = socket
    const received = (chunk: Buffer): void => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
      while (this.#next());
    }
    socket.on(
      'data',
      guarded(log, 'a HiSLIP message', received, () => socket.destroy()),
    )
  }

  send(type: number, control = 0, parameter = 0, payload: Uint8Array = NONE): void {
    if (!this.socket.destroyed) this.socket.write(encode(type, control, parameter >>> 0, payload))
  }

  /** Says why, and ends the connection. */
  fatal(code: number, why: string): void {
    this.send(MessageType.FatalError, code, 0, Buffer.from(why, 'latin1'))
    this.socket.end()
    this.socket.removeAllListeners('data').resume()
    setTimeout(() => this.socket.destroy(), FAREWELL_MS).unref()
  }

  #next(): boolean {
    const bytes = this.#rest
    if (bytes.length < HEADER_BYTES || this.socket.writableEnded) return false
    const header = decode(bytes, 0)
    if (!header || header.payloadBytes > MOST_PAYLOAD_BYTES) {
      this.#rest = NONE
      this.fatal(Fatal.header, 'not a message that is taken here')
      return false
    }
    const end = HEADER_BYTES + header.payloadBytes
    if (bytes.length < end) return false
    this.#rest = bytes.subarray(end)
    this.hear(header, bytes.subarray(HEADER_BYTES, end))
    return true
  }
}
