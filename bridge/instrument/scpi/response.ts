const LF = 0x0a
const CR = 0x0d
const TAB = 0x09
const SPACE = 0x20
const QUOTE = 0x22
const APOSTROPHE = 0x27
const HASH = 0x23
const COMMA = 0x2c
const ZERO = 0x30
const NINE = 0x39
const SEMICOLON = 0x3b
const DELETE = 0x7f

/** What is wrong with `#0` where the wire marks no end. */
export const INDEFINITE =
  'a block of indefinite length (#0), whose end a raw socket cannot mark: ask for a definite one'

type Place = 'element' | 'text' | 'hash' | 'digits' | 'block' | 'block over'

/**
 * Finds where a message ends in bytes that come piece by piece: at the first LF that stands in no definite-length block
 * (IEEE 488.2 section 8.7.9). A block begins where an element begins; a `#` in a string or in the middle of a word is none.
 */
export class MessageScanner {
  #place: Place = 'element'
  #quote = 0
  #digitsLeft = 0
  #blockLeft = 0
  /** How long blocks were said to be in all; undefined while there was none. */
  blockBytes: number | undefined
  /** Whether a byte outside a block cannot be shown as text. */
  binary = false
  /** A block of indefinite length has begun: only the wire can say where it ends. */
  indefinite = false

  /** Whether a block is whole and nothing has followed it: with some instruments nothing will. */
  get afterBlock(): boolean {
    return this.#place === 'block over'
  }

  /** Looks at bytes from `at` up to `to`. Gives where the next message begins, or -1 when this one does not end here. */
  scan(bytes: Uint8Array, at: number, to: number): number {
    while (at < to) {
      if (this.#place === 'block') {
        const count = Math.min(this.#blockLeft, to - at)
        at += count
        this.#blockLeft -= count
        if (this.#blockLeft === 0) this.#place = 'block over'
        continue
      }
      const byte = bytes[at++] ?? 0
      if (byte === LF && !this.indefinite) {
        this.#place = 'element'
        this.#quote = 0
        return at
      }
      this.#look(byte)
    }
    return -1
  }

  #look(byte: number): void {
    if (this.#place === 'hash') this.#beginBlock(byte)
    else if (this.#place === 'digits') this.#digit(byte)
    else if (this.#quote !== 0) {
      if (byte === this.#quote) this.#quote = 0
      this.#show(byte)
    } else if (byte === COMMA || byte === SEMICOLON || byte === SPACE) this.#place = 'element'
    else if (byte === HASH && this.#place === 'element') this.#place = 'hash'
    else {
      if (byte === QUOTE || byte === APOSTROPHE) this.#quote = byte
      if (byte !== CR) this.#place = 'text'
      this.#show(byte)
    }
  }

  /** `#H1F` is a number, `#0` has no length. */
  #beginBlock(byte: number): void {
    this.#place = 'text'
    if (byte === ZERO) this.indefinite = true
    else if (byte > ZERO && byte <= NINE) {
      this.#place = 'digits'
      this.#digitsLeft = byte - ZERO
      this.#blockLeft = 0
    } else this.#show(byte)
  }

  #digit(byte: number): void {
    if (byte < ZERO || byte > NINE) {
      this.#place = 'text'
      this.#show(byte)
      return
    }
    this.#blockLeft = this.#blockLeft * 10 + byte - ZERO
    this.#digitsLeft -= 1
    if (this.#digitsLeft > 0) return
    this.blockBytes = (this.blockBytes ?? 0) + this.#blockLeft
    this.#place = this.#blockLeft > 0 ? 'block' : 'block over'
  }

  #show(byte: number): void {
    if ((byte < SPACE && byte !== CR && byte !== TAB) || byte >= DELETE) this.binary = true
  }
}

/** An answer of whatever kind on its way through: what has come of it is handed on at once and kept nowhere. */
export class Passage {
  readonly scanner = new MessageScanner()
  readonly #to: (bytes: Uint8Array, last: boolean) => void
  readonly #mostBytes: number
  #dropped = false
  /** How many came so far. */
  bytes = 0

  /** `to` is given bytes that hold until it returns; `last` with the answer's end, when there may be none. */
  constructor(to: (bytes: Uint8Array, last: boolean) => void, mostBytes: number) {
    this.#to = to
    this.#mostBytes = mostBytes
  }

  /**
   * Hands on as much of `bytes` as belongs to the answer. Gives that count and whether the answer is over, or says what
   * is wrong with it. `end`: the wire marked the end here; undefined on a wire that marks none.
   */
  take(bytes: Uint8Array, end: boolean | undefined): { count: number; over: boolean } | string {
    const next = this.scanner.scan(bytes, 0, bytes.length)
    if (this.scanner.indefinite && end === undefined) return INDEFINITE
    const over = end ?? next >= 0
    const count = end === undefined && over ? next : bytes.length
    this.bytes += count
    if (Math.max(this.bytes, this.scanner.blockBytes ?? 0) > this.#mostBytes)
      return `an answer of more than ${this.#mostBytes} bytes`
    this.#give(bytes.subarray(0, count), over)
    return { count, over }
  }

  /** There is no more of it than has come. */
  end(): void {
    this.#give(new Uint8Array(), true)
  }

  /** Nobody wants it any more; what is still to come of it goes nowhere. */
  drop(): void {
    this.#dropped = true
  }

  #give(bytes: Uint8Array, last: boolean): void {
    if (!this.#dropped) this.#to(bytes, last)
  }
}
