/** XDR values one after the other (RFC 4506): a number is 4 bytes big-endian, a buffer its length and itself, padded to 4. */
export function pack(...values: (number | Buffer)[]): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value >>> 0)
    return bytes
  }
  return Buffer.concat(
    values.flatMap((value) =>
      typeof value === 'number'
        ? [number(value)]
        : [number(value.length), value, Buffer.alloc((4 - (value.length % 4)) % 4)],
    ),
  )
}

/** Reads them back. Throws a RangeError past the end. */
export class Unpack {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  number(): number {
    this.#at += 4
    return this.#bytes.readUInt32BE(this.#at - 4)
  }

  bytes(): Buffer {
    const length = this.number()
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('cut short')
    const value = this.#bytes.subarray(this.#at, end)
    this.#at = end + ((4 - (length % 4)) % 4)
    return value
  }
}
