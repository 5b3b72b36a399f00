import type { Socket } from 'node:net'
import { guarded } from '../../core/guarded.ts'
import type { Logger } from '../../core/log.ts'
import { MessageScanner } from '../scpi/response.ts'
import type { Admitted } from './admission.ts'
import { Guest, type Message } from './guest.ts'

/** A message with a waveform in it is some hundred kB. */
const MOST_MESSAGE_BYTES = 1 << 20
const LF = 0x0a
const NONE = Buffer.alloc(0)
/** A web page can have a browser send this to any port of its own machine, with whatever it likes behind it. */
const HTTP = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|PRI) \S+ HTTP\//

/** In no SCPI message outside a block: the beginning of another protocol, TLS for one. */
const CONTROL = /[\x00-\x08\x0b-\x1f]/

/** A program that speaks SCPI over a raw socket: a line is a message, and each answer is one. */
export class RawGuest extends Guest {
  readonly wire = 'socket'
  readonly #socket: Socket
  #scanner = new MessageScanner()
  #rest: Buffer = NONE
  #endsInLf = false

  constructor(socket: Socket, admitted: Admitted, log: Logger) {
    super(admitted)
    this.#socket = socket
    socket.on(
      'data',
      guarded(
        log,
        'a message on a raw socket',
        (chunk: Buffer) => this.#received(chunk),
        () => socket.destroy(),
      ),
    )
    socket.once('close', () => this.drop(undefined))
  }

  answer(_message: Message, bytes: Uint8Array, last: boolean): void {
    if (bytes.length > 0) this.#endsInLf = bytes[bytes.length - 1] === LF
    // Whatever the instrument's own wire ends an answer with, here it is a line's end.
    const addsLf = last && !this.#endsInLf
    const sent = Buffer.allocUnsafe(bytes.length + (addsLf ? 1 : 0))
    sent.set(bytes)
    if (addsLf) sent[bytes.length] = LF
    if (sent.length > 0) this.#socket.write(sent)
  }

  get unread(): number {
    return this.#socket.writableLength
  }

  get taken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength
  }

  protected listen(on: boolean): void {
    if (on && this.#socket.isPaused()) this.#socket.resume()
    else if (!on) this.#socket.pause()
  }

  protected close(): void {
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let from = 0
    let at = this.#rest.length
    for (;;) {
      const end = this.#scanner.scan(bytes, at, bytes.length)
      if (end < 0) break
      const text = bytes.toString('latin1', from, end - 1).replace(/\r$/, '')
      from = at = end
      if (HTTP.test(text)) {
        this.drop('it speaks HTTP, not SCPI')
        return
      }
      if (this.#scanner.blockBytes === undefined && CONTROL.test(text)) {
        this.drop('it sent what is no SCPI')
        return
      }
      if (text.trim() !== '') this.push({ text, id: 0 })
      if (this.signal.aborted) return
    }
    this.#rest = bytes.subarray(from)
    if (this.#scanner.indefinite)
      this.drop('it sent a block of indefinite length (#0), which has no end on a raw socket')
    else if (this.#rest.length > MOST_MESSAGE_BYTES)
      this.drop(`it sent a message of more than ${MOST_MESSAGE_BYTES} bytes`)
  }
}
