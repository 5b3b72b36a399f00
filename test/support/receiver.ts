import type { BenchError } from '../../shared/wire/errors.ts'
import type { Receiver } from '../../bridge/transport/transport.ts'

const WAIT_MS = 5000

/** Keeps what a transport hands over, and lets a test wait for it. */
export class Collector implements Receiver {
  /** All bytes since the last answer was taken. */
  #room: Uint8Array<ArrayBuffer>
  #filled = 0
  readonly #answers: Uint8Array[] = []
  readonly failures: BenchError[] = []
  readonly lost: BenchError[] = []
  readonly requests: (number | undefined)[] = []
  /** How often bytes came, for what must not be received byte by byte. */
  pieces = 0

  /** `bytes` is the longest answer that fits. */
  constructor(bytes = 1 << 16) {
    this.#room = new Uint8Array(bytes)
  }

  space(): Uint8Array {
    return this.#room.subarray(this.#filled)
  }

  received(count: number, end: boolean): void {
    this.pieces += 1
    this.#filled += count
    if (!end) return
    this.#answers.push(this.#room.slice(0, this.#filled))
    this.#filled = 0
  }

  closed(error: BenchError): void {
    this.lost.push(error)
  }

  failed(error: BenchError): void {
    this.failures.push(error)
    this.#filled = 0
  }

  serviceRequested(statusByte: number | undefined): void {
    this.requests.push(statusByte)
  }

  /** What has come of the answer that is on its way. */
  get partial(): string {
    return Buffer.from(this.#room.subarray(0, this.#filled)).toString('latin1')
  }

  /** Answers that are there and were not taken. */
  get waiting(): number {
    return this.#answers.length
  }

  /** The next whole answer's bytes. */
  async bytes(): Promise<Uint8Array> {
    const until = performance.now() + WAIT_MS
    for (;;) {
      const answer = this.#answers.shift()
      if (answer) return answer
      if (performance.now() > until || this.lost[0]) throw this.lost[0] ?? new Error('no answer came')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** The next whole answer as text, without its LF. */
  async answer(): Promise<string> {
    return Buffer.from(await this.bytes())
      .toString('latin1')
      .replace(/\n$/, '')
  }
}
