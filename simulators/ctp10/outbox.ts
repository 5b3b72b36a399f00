import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from './answer.ts'

const most = 1000
const end = '\r\n'
type Message = { replies: (Reply | Promise<Reply>)[]; late: number }

/** Sends answers in the order of their questions, at the line's rate, while commands go on coming in. */
export class Outbox {
  readonly #socket: Socket
  readonly #rate: () => number
  readonly #signal: AbortSignal
  readonly #waiting: Message[] = []
  #busy = false

  /** `rate` is read anew for each chunk: bytes a second, 0 without limit. */
  constructor(socket: Socket, rate: () => number, signal: AbortSignal) {
    this.#socket = socket
    this.#rate = rate
    this.#signal = signal
  }

  /** False where too many answers wait already and this one was thrown away. */
  send(message: Message): boolean {
    const { replies, late } = message
    const plain = replies.every((reply) => typeof reply === 'string')
    // Most answers are a few characters on an idle line, and need none of the machinery.
    if (plain && !this.#busy && late === 0 && this.#rate() === 0 && !this.#socket.writableNeedDrain) {
      this.#socket.write(replies.join(';') + end, 'latin1')
      return true
    }
    if (this.#waiting.length >= most) return false
    this.#waiting.push(message)
    if (!this.#busy) void this.#pump()
    return true
  }

  async #pump(): Promise<void> {
    this.#busy = true
    try {
      for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
        if (message.late > 0) await sleep(message.late * 1000, undefined, { signal: this.#signal })
        await this.#write(bytes(await Promise.all(message.replies.map((reply) => Promise.resolve(reply)))))
        if (this.#signal.aborted) return
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error
    } finally {
      this.#busy = false
    }
  }

  async #write(buffers: Buffer[]): Promise<void> {
    const socket = this.#socket
    let allowance = 0
    let last = performance.now()
    for (let [buffer, ...rest] = buffers; buffer; [buffer, ...rest] = rest) {
      for (let at = 0; at < buffer.length && !this.#signal.aborted;) {
        const rate = this.#rate()
        if (rate === 0) {
          socket.cork()
          for (const piece of [buffer.subarray(at), ...rest]) socket.write(piece)
          socket.uncork()
          if (socket.writableNeedDrain) await once(socket, 'drain', { signal: this.#signal })
          return
        }
        await sleep(10, undefined, { signal: this.#signal })
        const now = performance.now()
        // What a stalled reader left unused is not paid out all at once.
        allowance = Math.min(allowance + (rate * (now - last)) / 1000, Math.max(1, rate / 10))
        last = now
        const chunk = buffer.subarray(at, at + Math.floor(allowance))
        at += chunk.length
        allowance -= chunk.length
        if (!socket.write(chunk)) await once(socket, 'drain', { signal: this.#signal })
      }
    }
  }
}

/** A whole message; after a broken block there is nothing more, not even its end. */
function bytes(replies: Reply[]): Buffer[] {
  const buffers: Buffer[] = []
  for (const [index, reply] of replies.entries()) {
    if (index > 0) buffers.push(Buffer.from(';'))
    if (typeof reply === 'string') buffers.push(Buffer.from(reply, 'latin1'))
    else if (Buffer.isBuffer(reply)) buffers.push(reply)
    else {
      buffers.push(Buffer.from(reply.head), reply.body)
      if (reply.broken) return buffers
    }
  }
  buffers.push(Buffer.from(end))
  return buffers
}
