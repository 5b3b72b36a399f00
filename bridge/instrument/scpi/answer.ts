import { BenchError } from '../../../shared/wire/errors.ts'
import type { Receiver } from '../../transport/transport.ts'
import { parseBlockHeader } from './block.ts'
import { INDEFINITE, type Passage } from './response.ts'

const LF = 0x0a
const CR = 0x0d
const ROOM_BYTES = 64 * 1024
const CRLF_BYTES = 2
const INDEFINITE_BYTES = 2

/** Somebody waiting for an answer. */
interface Waiting {
  block: BlockWanted | undefined
  pass: Passage | undefined
  mostBytes: number
  resolve: (answer: string | Uint8Array<ArrayBuffer>) => void
  reject: (error: BenchError) => void
}

/** A block that is expected: where it goes, given its length in bytes, and who hears how far it has come. */
export interface BlockWanted {
  into: (bytes: number) => Uint8Array<ArrayBuffer>
  progress?: ((bytes: number, of: number) => void) | undefined
}

/**
 * Turns received bytes into the one answer that is expected. A line is collected here; a block is received straight
 * into its own buffer. What nobody expects is thrown away and makes the reader `astray`: from then on an answer could
 * be mistaken for another's, and the connection must be opened anew.
 */
export class AnswerReader implements Receiver {
  #room = Buffer.allocUnsafe(ROOM_BYTES)
  #filled = 0
  #searched = 0
  #target: Uint8Array<ArrayBuffer> | undefined
  #targetFilled = 0
  /** A block whose bytes are all there, and whose end the wire has still to mark. */
  #whole: Uint8Array<ArrayBuffer> | undefined
  #waiting: Waiting | undefined
  #terminatorMayFollow = false
  #astray = false
  readonly #lost: (error: BenchError) => void
  /** Whether the wire marks where an answer ends: then that is where it ends, and nowhere else. */
  marksEnd = false

  /** `lost` hears of the connection's end. */
  constructor(lost: (error: BenchError) => void) {
    this.#lost = lost
  }

  /** Whether what comes next can no longer be told from what is owed. */
  get astray(): boolean {
    return this.#astray
  }

  /** Whether an answer is owed. */
  get waiting(): boolean {
    return this.#waiting !== undefined
  }

  /** The next line, without its terminator (LF or CRLF). */
  line(mostBytes: number): Promise<string> {
    return this.#expect({ mostBytes }) as Promise<string>
  }

  /** The next block's bytes, in the buffer that `wanted.into` gave. */
  block(wanted: BlockWanted, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#expect({ block: wanted, mostBytes }) as Promise<Uint8Array<ArrayBuffer>>
  }

  /** Passes the next answer on, whatever it is, its end mark included. */
  async pass(passage: Passage): Promise<void> {
    await this.#expect({ pass: passage, mostBytes: 0 })
  }

  /** An answer that is passed on and has come to the end of a block is over, if nothing but its terminator can follow. */
  endPass(): void {
    const pass = this.#waiting?.pass
    if (!pass?.scanner.afterBlock || this.marksEnd) return
    this.#terminatorMayFollow = true
    pass.end()
    this.#settle('')
  }

  space(): Uint8Array {
    if (this.#target) return this.#target.subarray(this.#targetFilled)
    if (this.#filled === this.#room.length) {
      const larger = Buffer.allocUnsafe(this.#room.length * 2)
      this.#room.copy(larger)
      this.#room = larger
    }
    return this.#room.subarray(this.#filled)
  }

  received(count: number, end: boolean): void {
    if (this.#target) {
      this.#targetFilled += count
      this.#blockGrew(this.#target)
    } else {
      this.#filled += count
      this.#look(end)
    }
    if (end) this.#ended()
  }

  failed(error: BenchError): void {
    this.#filled = 0
    this.#searched = 0
    this.#terminatorMayFollow = false
    this.#astray = false
    this.#fail(error)
  }

  closed(error: BenchError): void {
    this.#fail(error)
    this.#lost(error)
  }

  /** What comes from here on is not to be trusted. */
  spoil(): void {
    this.#astray = true
  }

  /** Whoever waits gets `error`; the answer is still owed, and is thrown away when it comes. */
  giveUp(error: BenchError): void {
    const waiting = this.#waiting
    if (!waiting) return
    waiting.pass?.drop()
    this.#waiting = { ...waiting, resolve: () => {}, reject: () => {} }
    waiting.reject(error)
  }

  #expect(
    wanted: Partial<Pick<Waiting, 'block' | 'pass'>> & { mostBytes: number },
  ): Promise<string | Uint8Array<ArrayBuffer>> {
    const { block, pass, mostBytes } = wanted
    return new Promise((resolve, reject) => {
      this.#waiting = { block, pass, mostBytes, resolve, reject }
      if (this.#filled > 0) this.#look()
    })
  }

  #look(end = false): void {
    if (this.#terminatorMayFollow) this.#dropTerminator()
    const waiting = this.#waiting
    if (this.#filled === 0 && !(end && waiting?.pass)) return
    if (!waiting) {
      this.#astray = true
      this.#filled = 0
    } else if (waiting.pass) this.#passOn(waiting.pass, end)
    else if (waiting.block) this.#lookForBlock(waiting.block, waiting.mostBytes)
    else this.#lookForLine(waiting.mostBytes)
  }

  #lookForLine(mostBytes: number): void {
    const end = this.marksEnd ? -1 : this.#room.subarray(0, this.#filled).indexOf(LF, this.#searched)
    if (end < 0) {
      this.#searched = this.#filled
      if (this.#filled > mostBytes) this.#refuse(`an answer of more than ${mostBytes} bytes without an end`)
      return
    }
    const text = this.#room.toString('latin1', 0, end > 0 && this.#room[end - 1] === CR ? end - 1 : end)
    this.#consume(end + 1)
    this.#settle(text)
    if (this.#filled > 0) this.#look()
  }

  #passOn(pass: Passage, end: boolean): void {
    const taken = pass.take(this.#room.subarray(0, this.#filled), this.marksEnd ? end : undefined)
    if (typeof taken === 'string') {
      this.#refuse(taken)
      return
    }
    this.#consume(taken.count)
    if (!taken.over) return
    this.#settle('')
    if (this.#filled > 0) this.#look()
  }

  #lookForBlock(wanted: BlockWanted, mostBytes: number): void {
    if (this.#whole) {
      if (this.#filled > CRLF_BYTES) this.#refuse('more than the block that was asked for')
      return
    }
    const header = parseBlockHeader(this.#room.subarray(0, this.#filled))
    if (header === 'more') return
    if (header === 'indefinite') {
      if (this.marksEnd) {
        if (this.#filled > mostBytes) this.#refuse(`a block of more than ${mostBytes} bytes without an end`)
        return
      }
      this.#refuse(INDEFINITE)
      return
    }
    if (header === 'not a block') {
      this.#refuse(
        `"${this.#room.toString('latin1', 0, Math.min(this.#filled, 60)).trimEnd()}" where a block should begin`,
      )
      return
    }
    if (header.dataBytes > mostBytes) {
      this.#refuse(`a block said to be ${header.dataBytes} bytes long, where at most ${mostBytes} are taken`)
      return
    }
    let target: Uint8Array<ArrayBuffer>
    try {
      target = wanted.into(header.dataBytes)
    } catch (error) {
      this.#refuse(`a block of ${header.dataBytes} bytes that nobody can take: ${String(error)}`)
      return
    }
    const here = Math.min(this.#filled - header.headerBytes, header.dataBytes)
    this.#room.copy(target, 0, header.headerBytes, header.headerBytes + here)
    this.#consume(header.headerBytes + here)
    this.#target = target
    this.#targetFilled = here
    this.#blockGrew(target)
  }

  #blockGrew(target: Uint8Array<ArrayBuffer>): void {
    this.#waiting?.block?.progress?.(this.#targetFilled, target.length)
    if (this.#targetFilled < target.length) return
    this.#target = undefined
    if (this.marksEnd) {
      this.#whole = target
      return
    }
    this.#terminatorMayFollow = true
    this.#settle(target)
    if (this.#filled > 0) this.#look()
  }

  /** The wire says that the answer is over: what has come is all of it. */
  #ended(): void {
    const waiting = this.#waiting
    if (!waiting) return
    const whole = this.#whole
    if (!waiting.block) {
      const text = this.#room.toString('latin1', 0, this.#filled).replace(/\r?\n$/, '')
      this.#consume(this.#filled)
      this.#settle(text)
    } else if (whole) {
      this.#consume(this.#filled)
      this.#settle(whole)
    } else if (
      this.#filled >= INDEFINITE_BYTES &&
      this.#room.toString('latin1', 0, INDEFINITE_BYTES) === '#0'
    ) {
      // NL with END is the end of an indefinite block (IEEE 488.2 section 8.7.10), not a part of it.
      const end = this.#room[this.#filled - 1] === LF ? this.#filled - 1 : this.#filled
      const target = waiting.block.into(end - INDEFINITE_BYTES)
      this.#room.copy(target, 0, INDEFINITE_BYTES, end)
      this.#consume(this.#filled)
      this.#settle(target)
    } else this.#refuse('an answer that ended before the block was whole')
  }

  /** Instruments end a block with LF, CRLF or nothing (IEEE 488.2 leaves it to the transport). */
  #dropTerminator(): void {
    let at = 0
    if (this.#room[at] === CR) at += 1
    if (at < this.#filled && this.#room[at] === LF) at += 1
    if (at === 0 || this.#room[at - 1] === LF || at < this.#filled) this.#terminatorMayFollow = false
    this.#consume(Math.min(at, this.#filled))
  }

  #consume(bytes: number): void {
    this.#room.copyWithin(0, bytes, this.#filled)
    this.#filled -= bytes
    this.#searched = 0
    if (this.#filled === 0 && this.#room.length > ROOM_BYTES) this.#room = Buffer.allocUnsafe(ROOM_BYTES)
  }

  #settle(answer: string | Uint8Array<ArrayBuffer>): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#whole = undefined
    waiting?.resolve(answer)
  }

  #refuse(what: string): void {
    this.#astray = true
    this.#filled = 0
    this.#fail(new BenchError('scpi.block', `the instrument sent ${what}`))
  }

  #fail(error: BenchError): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#target = undefined
    this.#whole = undefined
    waiting?.reject(error)
  }
}
