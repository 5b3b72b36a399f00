import type { Socket } from 'node:net'

const HEADER_BYTES = 16
/** What this server takes in one message (IVI-6.1 section 6.9). */
export const MOST_PAYLOAD_BYTES = 64 * 1024

/** IVI-6.1 table 4. */
export const Message = {
  Initialize: 0,
  InitializeResponse: 1,
  FatalError: 2,
  Error: 3,
  AsyncLock: 4,
  AsyncLockResponse: 5,
  Data: 6,
  DataEnd: 7,
  DeviceClearComplete: 8,
  DeviceClearAcknowledge: 9,
  AsyncRemoteLocalControl: 10,
  AsyncRemoteLocalResponse: 11,
  Trigger: 12,
  Interrupted: 13,
  AsyncInterrupted: 14,
  AsyncMaximumMessageSize: 15,
  AsyncMaximumMessageSizeResponse: 16,
  AsyncInitialize: 17,
  AsyncInitializeResponse: 18,
  AsyncDeviceClear: 19,
  AsyncServiceRequest: 20,
  AsyncStatusQuery: 21,
  AsyncStatusResponse: 22,
  AsyncDeviceClearAcknowledge: 23,
  AsyncLockInfo: 24,
  AsyncLockInfoResponse: 25,
} as const

export type Received = { type: number; control: number; parameter: number; payload: Buffer }

export const FatalError = { header: 1, channels: 2, initialization: 3 } as const

/** One TCP connection, cut into messages. */
export class MessageSocket {
  readonly socket: Socket
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** `hear` is called with each message from now on. */
  listen(hear: (message: Received) => void): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
      for (let message = this.#next(); message; message = this.#next()) hear(message)
    })
  }

  send(
    type: number,
    control = 0,
    parameter = 0,
    payload: Buffer = Buffer.alloc(0),
    length = payload.length,
  ): void {
    const header = Buffer.from([0x48, 0x53, type, control, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    header.writeUInt32BE(parameter >>> 0, 4)
    header.writeBigUInt64BE(BigInt(length), 8)
    this.socket.cork()
    this.socket.write(header)
    if (payload.length > 0) this.socket.write(payload)
    this.socket.uncork()
  }

  /** Says why, and ends the connection. */
  fatal(code: number, why: string): void {
    this.send(Message.FatalError, code, 0, Buffer.from(why))
    this.socket.end()
  }

  #next(): Received | undefined {
    const bytes = this.#rest
    if (bytes.length < HEADER_BYTES || this.socket.destroyed) return undefined
    const length = Number(bytes.readBigUInt64BE(8))
    if (bytes.readUInt16BE(0) !== 0x4853 || length > MOST_PAYLOAD_BYTES) {
      this.#rest = Buffer.alloc(0)
      this.fatal(FatalError.header, 'not a message that this server takes')
      return undefined
    }
    const end = HEADER_BYTES + length
    if (bytes.length < end) return undefined
    this.#rest = bytes.subarray(end)
    return {
      type: bytes.readUInt8(2),
      control: bytes.readUInt8(3),
      parameter: bytes.readUInt32BE(4),
      payload: bytes.subarray(HEADER_BYTES, end),
    }
  }
}
