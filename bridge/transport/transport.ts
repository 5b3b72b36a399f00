import type { BenchError } from '../../shared/errors.ts'

/** Where a transport puts what it receives. Bytes are written where they belong, so a block is never copied. */
export interface Receiver {
  /** Room for the next bytes, at least one. Asked before every read. */
  space(): Uint8Array
  /** `count` bytes now stand at the beginning of the room last given. `end`: the wire marked the message's end here. */
  received(count: number, end: boolean): void
  /** The connection is gone and will give no more. Called once, unless `close` was called first. */
  closed(error: BenchError): void
}

/** A connection to an instrument. */
export interface Transport {
  /** Where it leads, for logs and people. */
  readonly peer: string
  /** Whether the wire marks the end of a message; where it does not, `#0` blocks cannot be read (IEEE 488.2 section 8.7.10). */
  readonly marksEnd: boolean
  /** Sends bytes after all that was sent before, without waiting for an answer. */
  write(bytes: string): void
  /** Ends the connection at once; nothing is received afterwards. */
  close(): void
}

/** Opens a connection; rejects with `device.timeout`, `connection.lost` or `aborted`. */
export type OpenTransport = (receiver: Receiver, signal: AbortSignal) => Promise<Transport>
