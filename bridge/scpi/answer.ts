import { BenchError } from '../../shared/errors.ts'
import type { Receiver } from '../transport/transport.ts'
import { parseBlockHeader } from './block.ts'

const LF = 0x0a
const CR = 0x0d
const ROOM_BYTES = 64 * 1024

/** Somebody waiting for an answer. */
interface Waiting {
  block: BlockWanted | undefined
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
  #waiting: Waiting | undefined
  #terminatorMayFollow = false
  #astray = false
  readonly #lost: (error: BenchError) => void

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
    return this.#expect(undefined, mostBytes) as Promise<string>
  }

  /** The next block's bytes, in the buffer that `wanted.into` gave. */
  block(wanted: BlockWanted, mostBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#expect(wanted, mostBytes) as Promise<Uint8Array<ArrayBuffer>>
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

  received(count: number): void {
    if (this.#target) {
      this.#targetFilled += count
      this.#blockGrew(this.#target)
      return
    }
    this.#filled += count
    this.#look()
  }

  closed(error: BenchError): void {
    this.#fail(error)
    this.#lost(error)
  }

  /** Whoever waits gets `error`; the answer is still owed, and is thrown away when it comes. */
  giveUp(error: BenchError): void {
    const waiting = this.#waiting
    if (!waiting) return
    this.#waiting = { ...waiting, resolve: () => {}, reject: () => {} }
    waiting.reject(error)
  }

  #expect(block: BlockWanted | undefined, mostBytes: number): Promise<string | Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { block, mostBytes, resolve, reject }
      if (this.#filled > 0) this.#look()
    })
  }

  #look(): void {
    if (this.#terminatorMayFollow) this.#dropTerminator()
    const waiting = this.#waiting
    if (this.#filled === 0) return
    if (!waiting) {
      this.#astray = true
      this.#filled = 0
    } else if (waiting.block) this.#lookForBlock(waiting.block, waiting.mostBytes)
    else this.#lookForLine(waiting.mostBytes)
  }

  #lookForLine(mostBytes: number): void {
    const end = this.#room.subarray(0, this.#filled).indexOf(LF, this.#searched)
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

  #lookForBlock(wanted: BlockWanted, mostBytes: number): void {
    const header = parseBlockHeader(this.#room.subarray(0, this.#filled))
    if (header === 'more') return
    if (header === 'indefinite') {
      this.#refuse(
        'a block of indefinite length (#0), whose end a raw socket cannot mark: ask for a definite one',
      )
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
    this.#terminatorMayFollow = true
    this.#settle(target)
    if (this.#filled > 0) this.#look()
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
    waiting?.reject(error)
  }
}
