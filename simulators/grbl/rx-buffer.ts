/** What was received and is not yet read. What does not fit is lost, as on the serial port. */
export class RxBuffer {
  readonly #most: number
  #bytes: number[] = []
  /** Bytes lost since the simulator was started. */
  lost = 0

  /** `most`: RX_BUFFER_SIZE of config.h. */
  constructor(most: number) {
    this.#most = most
  }

  get free(): number {
    return this.#most - this.#bytes.length
  }

  push(byte: number): void {
    if (this.free > 0) this.#bytes.push(byte)
    else this.lost += 1
  }

  /** The first whole line, without its end; undefined while there is none. */
  takeLine(): string | undefined {
    const end = this.#bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d)
    if (end < 0) return undefined
    const line = this.#bytes.splice(0, end + 1)
    return String.fromCharCode(...line.slice(0, -1))
  }

  clear(): void {
    this.#bytes = []
  }
}
