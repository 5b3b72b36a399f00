/** The messages that this client sends or understands (IVI-6.1 HiSLIP 2.0 table 4). */
export const MessageType = {
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
} as const

export interface Header {
  type: number
  control: number
  parameter: number
  payloadBytes: number
}

export const HEADER_BYTES = 16
const HS = 0x4853

/** A message: its header (IVI-6.1 section 2.3) and its payload, a string as latin1. */
export function encode(type: number, control = 0, parameter = 0, payload: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length)
  bytes.writeUInt16BE(HS, 0)
  bytes.writeUInt8(type, 2)
  bytes.writeUInt8(control, 3)
  bytes.writeUInt32BE(parameter, 4)
  bytes.writeBigUInt64BE(BigInt(payload.length), 8)
  if (typeof payload === 'string') bytes.write(payload, HEADER_BYTES, 'latin1')
  else bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** The header at `at`, of which all 16 bytes are there; undefined where no header begins. */
export function decode(bytes: Buffer, at: number): Header | undefined {
  if (bytes.readUInt16BE(at) !== HS) return undefined
  return {
    type: bytes.readUInt8(at + 2),
    control: bytes.readUInt8(at + 3),
    parameter: bytes.readUInt32BE(at + 4),
    // A length beyond 2^53 is not exact as a number, and no less absurd for it.
    payloadBytes: Number(bytes.readBigUInt64BE(at + 8)),
  }
}

const fatalErrors = [
  'an error that it does not name',
  'a poorly formed message header',
  'a connection used before both channels were there',
  'a wrong initialization, which an unknown sub-address is too',
  'that it serves as many clients as it can already',
  'that the secure connection failed',
]
const errors = [
  'an error that it does not name',
  'an unknown message type',
  'an unknown control code',
  'an unknown vendor-defined message',
  'a message that is too large for it',
  'that the authentication was rejected',
]

/** What a FatalError or Error message says, for people (IVI-6.1 tables 14 and 16). */
export function explainError(header: Header, payload: Buffer): string {
  const known = (header.type === MessageType.FatalError ? fatalErrors : errors)[header.control]
  const said = payload.toString('latin1').trim()
  return `${known ?? `error ${header.control}`}${said ? ` ("${said}")` : ''}`
}
