import type { Admitted } from './admission.ts'

/** So many messages of one program wait at most, and so many bytes of them; then it is not read from. */
const MOST_WAITING = 64
const MOST_WAITING_BYTES = 1 << 20
/** A program that was refused more often than this without asking why does not ask. */
const MOST_ERRORS = 20

let guests = 0

/** One program message without its end mark, and its number where the wire has one. */
export interface Message {
  text: string
  id: number
}

/**
 * A program on a shared port: what it has asked and is still to be served. Its wire (a raw socket, HiSLIP or VXI-11) says how
 * an answer gets to it.
 */
export abstract class Guest {
  readonly number = ++guests
  readonly who: string
  readonly acts: boolean
  readonly mayEmit: boolean
  readonly since = Date.now()
  abstract readonly wire: 'socket' | 'hislip' | 'vxi11'
  readonly #waiting: Message[] = []
  #waitingBytes = 0
  #current = new AbortController()
  readonly #errors: string[] = []
  /** Called when there is something to serve. */
  onMessage: () => void = () => {}
  /** Called once, when it has left or was dropped. */
  onLeft: (why: string | undefined) => void = () => {}

  constructor({ who, acts, mayEmit }: Admitted) {
    this.who = who
    this.acts = acts
    this.mayEmit = mayEmit
  }

  /** A piece of the answer to `message`; the bytes hold until this returns. */
  abstract answer(message: Message, bytes: Uint8Array, last: boolean): void
  /** There will be no answer to a message that has one. */
  unanswered(_message: Message): void {}
  /** How many bytes it has been sent and has not taken yet. */
  abstract get unread(): number
  /** How many bytes it has taken in all. */
  abstract get taken(): number
  /** Goes on, or no longer, reading what it sends. */
  protected abstract listen(on: boolean): void
  protected abstract close(): void

  /** Aborts when what it has asked is of no use any more: it has left, or has cleared the device. */
  get signal(): AbortSignal {
    return this.#current.signal
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** What it asks next, without taking it out. */
  get next(): Message | undefined {
    return this.#waiting[0]
  }

  take(): Message | undefined {
    const message = this.#waiting.shift()
    if (message) this.#waitingBytes -= message.text.length
    if (!this.#full) this.listen(true)
    return message
  }

  /** Ends the connection; `why` goes to the log and the journal. */
  drop(why: string | undefined): void {
    if (this.#current.signal.aborted) return
    this.clear()
    this.#current.abort()
    this.close()
    this.onLeft(why)
  }

  /** What it will hear of when it asks for errors (SCPI-1999 volume 2 section 21.8), before the instrument's own. */
  report(code: number, text: string): void {
    if (this.#errors.length < MOST_ERRORS) this.#errors.push(`${code},"${text.replaceAll('"', '""')}"`)
  }

  takeError(): string | undefined {
    return this.#errors.shift()
  }

  get hasErrors(): boolean {
    return this.#errors.length > 0
  }

  protected push(message: Message): void {
    this.#waiting.push(message)
    this.#waitingBytes += message.text.length
    if (this.#full) this.listen(false)
    this.onMessage()
  }

  /** Nobody waits any more for what is under way. */
  giveUp(): void {
    if (this.#current.signal.aborted) return
    this.#current.abort()
    this.#current = new AbortController()
  }

  /** Forgets what waits and gives up what is under way. */
  protected clear(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.giveUp()
  }

  get #full(): boolean {
    return this.#waiting.length >= MOST_WAITING || this.#waitingBytes >= MOST_WAITING_BYTES
  }
}
