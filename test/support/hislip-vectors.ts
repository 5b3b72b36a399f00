import type { Step, Vector } from './vectors.ts'

// IVI-6.1 revision 2.0: every message begins with the header of section 2.3 (table 3), its type by table 4.
export const HS = ['4853', 'prologue "HS"'] as const
export const NO_CONTROL = ['00', 'control code, none'] as const
const NO_PARAMETER = ['00000000', 'message parameter, none'] as const
const NO_PAYLOAD = ['0000000000000000', 'payload length'] as const
const RMT = ['01', 'control code: RMT-delivered'] as const
export const NO_RMT = ['00', 'control code: no RMT-delivered'] as const

const Initialize: Vector = [
  HS,
  ['00', 'Initialize'],
  NO_CONTROL,
  ['0200', 'the client’s protocol version: 2.0'],
  ['4c42', 'the client’s vendor: "LB"'],
  ['0000000000000007', 'payload length'],
  ['68 69 73 6c 69 70 30', 'sub-address "hislip0"'],
]
const InitializeResponse: Vector = [
  HS,
  ['01', 'InitializeResponse'],
  ['00', 'control code: prefers synchronized mode, encryption not mandatory'],
  ['0200', 'the server’s protocol version: 2.0'],
  ['0001', 'session'],
  NO_PAYLOAD,
]
const AsyncInitialize: Vector = [
  HS,
  ['11', 'AsyncInitialize'],
  NO_CONTROL,
  ['00000001', 'session'],
  NO_PAYLOAD,
]
const AsyncInitializeResponse: Vector = [
  HS,
  ['12', 'AsyncInitializeResponse'],
  ['00', 'control code: no secure connection'],
  ['00004c42', 'the server’s vendor: "LB"'],
  NO_PAYLOAD,
]
const AsyncMaximumMessageSize: Vector = [
  HS,
  ['0f', 'AsyncMaximumMessageSize'],
  NO_CONTROL,
  NO_PARAMETER,
  ['0000000000000008', 'payload length'],
  ['0000000010000000', '256 MiB'],
]
const AsyncMaximumMessageSizeResponse: Vector = [
  HS,
  ['10', 'AsyncMaximumMessageSizeResponse'],
  NO_CONTROL,
  NO_PARAMETER,
  ['0000000000000008', 'payload length'],
  ['0000000000040000', '256 KiB'],
]
export const askIdentity: Vector = [
  HS,
  ['07', 'DataEnd'],
  NO_RMT,
  ['ffffff00', 'MessageID, the first'],
  ['0000000000000006', 'payload length'],
  ['2a 49 44 4e 3f 0a', '"*IDN?\\n"'],
]
const identity: Vector = [
  HS,
  ['07', 'DataEnd'],
  NO_CONTROL,
  ['ffffff00', 'MessageID, that of the question'],
  ['0000000000000006', 'payload length'],
  ['2a 49 44 4e 0d 0a', '"*IDN\\r\\n"'],
]
const askComplete: Vector = [
  HS,
  ['07', 'DataEnd'],
  RMT,
  ['ffffff02', 'MessageID, two on'],
  ['0000000000000006', 'payload length'],
  ['2a 4f 50 43 3f 0a', '"*OPC?\\n"'],
]
export const complete: Vector = [
  HS,
  ['07', 'DataEnd'],
  NO_CONTROL,
  ['ffffff02', 'MessageID, that of the question'],
  ['0000000000000006', 'payload length'],
  ['2a 4f 50 43 0d 0a', '"*OPC\\r\\n"'],
]
const AsyncStatusQuery: Vector = [
  HS,
  ['15', 'AsyncStatusQuery'],
  RMT,
  ['ffffff02', 'MessageID of the last message sent'],
  NO_PAYLOAD,
]
const AsyncStatusResponse: Vector = [
  HS,
  ['16', 'AsyncStatusResponse'],
  ['20', 'control code: the status byte'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
const requestLock: Vector = [
  HS,
  ['04', 'AsyncLock'],
  ['01', 'control code: request'],
  ['000005dc', 'timeout: 1500 ms'],
  ['0000000000000000', 'payload length: no lock string, so exclusive'],
]
export const releaseLock: Vector = [
  HS,
  ['04', 'AsyncLock'],
  ['00', 'control code: release'],
  ['ffffff02', 'MessageID of the last message sent'],
  NO_PAYLOAD,
]
const lockDone: Vector = [
  HS,
  ['05', 'AsyncLockResponse'],
  ['01', 'control code: success'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
export const lockError: Vector = [
  HS,
  ['05', 'AsyncLockResponse'],
  ['03', 'control code: error, it had none'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
const goRemote: Vector = [
  HS,
  ['0a', 'AsyncRemoteLocalControl'],
  ['03', 'control code: enable remote and go to remote'],
  ['ffffff02', 'MessageID of the last message sent'],
  NO_PAYLOAD,
]
const remoteDone: Vector = [HS, ['0b', 'AsyncRemoteLocalResponse'], NO_CONTROL, NO_PARAMETER, NO_PAYLOAD]
export const Trigger: Vector = [HS, ['0c', 'Trigger'], NO_RMT, ['ffffff04', 'MessageID, two on'], NO_PAYLOAD]
export const askSlow: Vector = [
  HS,
  ['07', 'DataEnd'],
  NO_RMT,
  ['ffffff06', 'MessageID, two on'],
  ['0000000000000006', 'payload length'],
  ['53 4c 4f 57 3f 0a', '"SLOW?\\n"'],
]
const AsyncDeviceClear: Vector = [HS, ['13', 'AsyncDeviceClear'], NO_CONTROL, NO_PARAMETER, NO_PAYLOAD]
const AsyncDeviceClearAcknowledge: Vector = [
  HS,
  ['17', 'AsyncDeviceClearAcknowledge'],
  ['00', 'control code: prefers synchronized mode'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
const DeviceClearComplete: Vector = [
  HS,
  ['08', 'DeviceClearComplete'],
  ['00', 'control code: wants synchronized mode'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
const DeviceClearAcknowledge: Vector = [
  HS,
  ['09', 'DeviceClearAcknowledge'],
  ['00', 'control code: synchronized mode it is'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
export const unknownType: Vector = [
  HS,
  ['7f', 'a type that there is not'],
  NO_CONTROL,
  NO_PARAMETER,
  NO_PAYLOAD,
]
export const refusal: Vector = [
  HS,
  ['03', 'Error'],
  ['01', 'control code: unrecognized message type'],
  NO_PARAMETER,
  NO_PAYLOAD,
]
export const poorHeader: Vector = [
  ['4854', 'a prologue that is none'],
  ['07', 'DataEnd'],
  NO_CONTROL,
  NO_PARAMETER,
  NO_PAYLOAD,
]
export const fatality: Vector = [
  HS,
  ['02', 'FatalError'],
  ['01', 'control code: poorly formed message header'],
  NO_PARAMETER,
  ['0000000000000020', 'payload length'],
  ['6e6f742061206d657373616765 20 74686174 20 6973 20 74616b656e 20 68657265', 'why, in ASCII'],
]

export type Channel = 'sync' | 'async'
export const client = (on: Channel, vector: Vector): Step<Channel> => ({ by: 'client', on, vector })
export const server = (on: Channel, vector: Vector): Step<Channel> => ({ by: 'server', on, vector })

export const opening = [
  client('sync', Initialize),
  server('sync', InitializeResponse),
  client('async', AsyncInitialize),
  server('async', AsyncInitializeResponse),
  client('async', AsyncMaximumMessageSize),
  server('async', AsyncMaximumMessageSizeResponse),
]
export const identifying = [client('sync', askIdentity), server('sync', identity)]
export const completing = [client('sync', askComplete), server('sync', complete)]
export const polling = [client('async', AsyncStatusQuery), server('async', AsyncStatusResponse)]
export const locking = [client('async', requestLock), server('async', lockDone)]
export const unlocking = [client('async', releaseLock), server('async', lockDone)]
export const goingRemote = [client('async', goRemote), server('async', remoteDone)]
export const clearing = [
  client('async', AsyncDeviceClear),
  server('async', AsyncDeviceClearAcknowledge),
  client('sync', DeviceClearComplete),
  server('sync', DeviceClearAcknowledge),
]
