import type { Socket } from 'node:net'
import { messagesIn } from '../../scpi/lines.ts'
import { REASON, VXI11_ERROR } from '../../../transport/vxi11/core.ts'
import type { Admitted } from '../admission.ts'
import { Guest, type Message } from '../guest.ts'

const MOST_MESSAGE_BYTES = 1 << 20
/** What is given in one reply at most; a client asks for the rest. */
const MOST_READ_BYTES = 1 << 20
/** As much of an answer waits for a raw socket's client in the system: it counts as unread here as little as there. */
const UNCOUNTED_BYTES = 256 * 1024
/** A timer can be set no further. */
const LONGEST_MS = 2 ** 31 - 1
const INTERRUPTED = -410

/** What a device_read gives (VXI-11 section B.6.4). */
export interface ReadResult {
  error: number
  reason: number
  data: Buffer
}

/** A program's VXI-11 link. It is told nothing until it asks: its answer waits here until it is read. */
export class Vxi11Guest extends Guest {
  readonly wire = 'vxi11'
  readonly link: number
  readonly #socket: Socket
  #text = ''
  #lastId = 0
  #pieces: Buffer[] = []
  #kept = 0
  #taken = 0
  /** The end of the answer is among what waits. */
  #whole = false
  /** What is still to come of the answer to this message goes nowhere. */
  #void: Message | undefined
  #aborted = false
  #wake: () => void = () => {}
  #leaving = false

  constructor(socket: Socket, admitted: Admitted, link: number) {
    super(admitted)
    this.#socket = socket
    this.link = link
  }

  answer(message: Message, bytes: Uint8Array, last: boolean): void {
    if (message === this.#void) return
    if (message.id !== this.#lastId) {
      this.#void = message
      this.report(INTERRUPTED, 'Query INTERRUPTED')
      return
    }
    this.#pieces.push(Buffer.from(bytes))
    this.#kept += bytes.length
    this.#whole = last
    this.#wake()
  }

  get unread(): number {
    return Math.max(0, this.#kept - UNCOUNTED_BYTES) + this.#socket.writableLength
  }

  get taken(): number {
    return this.#taken
  }

  /** Whether an answer, or a part of one, waits to be read. */
  get available(): boolean {
    return this.#kept > 0 || this.#whole
  }

  /** Takes a piece of a message; false when the message is longer than any may be. */
  write(data: Buffer, end: boolean): boolean {
    if (this.#text === '') this.#begin()
    this.#text += data.toString('latin1')
    const fits = this.#text.length <= MOST_MESSAGE_BYTES
    if (fits && !end) return true
    const text = this.#text.replace(/\r?\n$/, '')
    this.#text = ''
    if (!fits) return false
    for (const [n, message] of messagesIn(text).entries()) {
      if (n > 0) this.#begin()
      this.push({ text: message, id: this.#lastId })
    }
    return true
  }

  trigger(): void {
    this.#begin()
    this.push({ text: '*TRG', id: this.#lastId })
  }

  /** As much of the answer as is asked for, its end, or all up to the terminator; what did not come in time stays. */
  async read(most: number, ms: number, terminator: number | undefined): Promise<ReadResult> {
    const late = performance.now() + Math.min(ms, LONGEST_MS)
    const enough = Math.min(most, MOST_READ_BYTES)
    this.#aborted = false
    while (!this.#whole && this.#kept < enough && !this.#has(terminator)) {
      const left = late - performance.now()
      if (this.#aborted || left <= 0) {
        const error = this.#aborted ? VXI11_ERROR.aborted : VXI11_ERROR.timeout
        return { error, reason: 0, data: Buffer.alloc(0) }
      }
      await this.#woken(left)
    }
    return this.#take(enough, most, terminator)
  }

  /** Ends a read that waits (VXI-11 section B.7). */
  abort(): void {
    this.#aborted = true
    this.#wake()
  }

  /** The device clear, of what this program has asked and nothing else. */
  clearDevice(): void {
    this.clear()
    this.#forget()
    this.#text = ''
  }

  /** Ends the link and keeps the connection, over which that is still to be answered. */
  leave(): void {
    this.#leaving = true
    this.drop(undefined)
    this.listen(true)
  }

  protected listen(on: boolean): void {
    if (on && this.#socket.isPaused()) this.#socket.resume()
    else if (!on) this.#socket.pause()
  }

  protected close(): void {
    this.abort()
    if (!this.#leaving) this.#socket.destroy()
  }

  /** A new message voids the answer before it (IEEE 488.2 section 6.3.2.3). */
  #begin(): void {
    if (this.available) this.report(INTERRUPTED, 'Query INTERRUPTED')
    this.#forget()
  }

  #forget(): void {
    this.#lastId += 1
    this.#pieces = []
    this.#kept = 0
    this.#whole = false
  }

  #has(terminator: number | undefined): boolean {
    return terminator !== undefined && this.#pieces.some((piece) => piece.includes(terminator))
  }

  #woken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #take(enough: number, most: number, terminator: number | undefined): ReadResult {
    const taken: Buffer[] = []
    let bytes = 0
    let terminated = false
    for (let piece = this.#pieces[0]; piece && bytes < enough && !terminated; piece = this.#pieces[0]) {
      const found = terminator === undefined ? -1 : piece.subarray(0, enough - bytes).indexOf(terminator)
      const part = piece.subarray(0, found < 0 ? enough - bytes : found + 1)
      if (part.length === piece.length) this.#pieces.shift()
      else this.#pieces[0] = piece.subarray(part.length)
      taken.push(part)
      bytes += part.length
      terminated = found >= 0
    }
    this.#kept -= bytes
    this.#taken += bytes
    const end = this.#whole && this.#kept === 0
    if (end) this.#whole = false
    const reason =
      (bytes === most ? REASON.count : 0) | (terminated ? REASON.terminator : 0) | (end ? REASON.end : 0)
    return { error: VXI11_ERROR.none, reason, data: Buffer.concat(taken) }
  }
}
