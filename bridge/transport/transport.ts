import type { BenchError } from '../../shared/wire/errors.ts'

/** Where a transport puts what it receives. Bytes are written where they belong, so a block is never copied. */
export interface Receiver {
  /** Room for the next bytes, at least one. Asked before every read. */
  space(): Uint8Array
  /** `count` bytes now stand at the beginning of the room last given. `end`: the wire marked the message's end here. */
  received(count: number, end: boolean): void
  /** The connection is gone and will give no more. Called once, unless `close` was called first. */
  closed(error: BenchError): void
  /** The answer that is owed will not come and what came of it is void; the connection goes on. */
  failed?(error: BenchError): void
  /** The instrument asks for attention (IEEE 488.1 SRQ), with its status byte where the wire carries it along. */
  serviceRequested?(statusByte: number | undefined): void
}

/** What the wires of IEEE 488's family can do besides carrying messages. All reject with `device.timeout`, `connection.lost`, `aborted` or `device.unsupported`. */
export interface BusControls {
  /** The status byte of a serial poll (IEEE 488.2 section 11.2), also while an answer is owed. */
  readStatusByte(signal: AbortSignal): Promise<number>
  /** The group execute trigger, after all that was written before. */
  trigger(signal: AbortSignal): Promise<void>
  /** Keeps every other client out until `unlock` or the connection's end. Rejects with `device.busy` when another has the lock for longer than `waitMs`. */
  lock(waitMs: number, signal: AbortSignal): Promise<void>
  unlock(signal: AbortSignal): Promise<void>
  /** Takes the instrument's front panel out of use, or gives it back. */
  remote(on: boolean, signal: AbortSignal): Promise<void>
}

/** A connection to an instrument. */
export interface Transport {
  /** Where it leads, for logs and people. */
  readonly peer: string
  /** Whether the wire marks the end of a message; where it does not, `#0` blocks cannot be read (IEEE 488.2 section 8.7.10). */
  readonly marksEnd: boolean
  /**
   * Sends bytes after all that was sent before, without waiting for an answer. On a wire that holds instruments to one
   * message at a time (`clear` is there, and it is not in overlap mode) an answer that is still owed is lost by it.
   */
  write(bytes: string): void
  /** Says that what was just written will be answered: on some wires an instrument speaks only when it is asked. */
  expectAnswer?(): void
  /**
   * The device clear (IEEE 488.2 section 5.8): the instrument forgets what it was asked and what it was about to say,
   * `failed` is called, and nothing of an earlier answer is received afterwards. Missing where the wire has none.
   * Rejects with `device.timeout`, `connection.lost` or `aborted`; the connection is of no use then.
   */
  clear?(signal: AbortSignal): Promise<void>
  readonly bus?: BusControls
  /** Ends the connection at once; nothing is received afterwards. */
  close(): void
}

/** Opens a connection; rejects with `device.timeout`, `connection.lost` or `aborted`. */
export type OpenTransport = (receiver: Receiver, signal: AbortSignal) => Promise<Transport>

/** Hands bytes to a receiver in the room that it gives; `end` belongs to the last of them. */
export function pour(receiver: Receiver, bytes: Uint8Array, end: boolean): void {
  let at = 0
  do {
    const room = receiver.space()
    const count = Math.min(room.length, bytes.length - at)
    room.set(bytes.subarray(at, at + count))
    at += count
    receiver.received(count, end && at === bytes.length)
  } while (at < bytes.length)
}
