const ALIGNMENT = 4

/** Writes values as XDR (RFC 4506) has them: big-endian, each on a multiple of four bytes. */
export class XdrWriter {
  readonly #pieces: Buffer[] = []

  /** RFC 4506 section 4.2. */
  uint(value: number): this {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32BE(value >>> 0)
    this.#pieces.push(bytes)
    return this
  }

  /** RFC 4506 section 4.4. */
  bool(value: boolean): this {
    return this.uint(value ? 1 : 0)
  }

  /** Bytes with their length before them (RFC 4506 section 4.10); a string, as latin1, is the same (section 4.11). */
  opaque(value: Uint8Array | string): this {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value
    this.uint(bytes.length)
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    this.#pieces.push(Buffer.alloc(padding(bytes.length)))
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces)
  }
}

/** Reads XDR. Throws a RangeError where the bytes do not hold what is asked of them. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  uint(): number {
    const value = this.#bytes.readUInt32BE(this.#at)
    this.#at += 4
    return value
  }

  int(): number {
    return this.uint() | 0
  }

  /** A view of the bytes, at most `most` of them. */
  opaque(most: number): Buffer {
    const length = this.uint()
    if (length > most) throw new RangeError(`${length} bytes announced where at most ${most} can be`)
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError(`${length} bytes announced, and not there`)
    const value = this.#bytes.subarray(this.#at, end)
    this.#at = end + padding(length)
    return value
  }
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT
}
