import type { Step, Vector } from './vectors.ts'

// A record mark with its highest bit set is of the last fragment, and has the length of what follows (RFC 5531
// section 11). A call and a reply are those of its section 9; the arguments are VXI-11 revision 1.0's, section B.6.
const XID = ['00000001', 'xid', "client's xid"] as const
export const CALL = [XID, ['00000000', 'CALL'], ['00000002', 'RPC version 2']] as const
export const NO_AUTH = [
  ['00000000', 'credentials AUTH_NONE'],
  ['00000000', 'their length'],
  ['00000000', 'verifier AUTH_NONE'],
  ['00000000', 'its length'],
] as const
export const REPLY = [
  XID,
  ['00000001', 'REPLY'],
  ['00000000', 'MSG_ACCEPTED'],
  ['00000000', 'verifier AUTH_NONE'],
  ['00000000', 'its length'],
] as const
const SUCCESS = [...REPLY, ['00000000', 'SUCCESS']] as const
const CORE = [
  ['000607af', 'program DEVICE_CORE'],
  ['00000001', 'its version'],
] as const
const ASYNC = [
  ['000607b0', 'program DEVICE_ASYNC'],
  ['00000001', 'its version'],
] as const
const PORTMAPPER = [
  ['000186a0', 'program portmapper'],
  ['00000002', 'its version'],
] as const
const LINK = ['000012ab', 'link', "server's link"] as const
const NO_ERROR = ['00000000', 'error 0'] as const
/** The arguments of calls that have none of their own: Device_GenericParms. */
const GENERIC = [
  LINK,
  ['00000000', 'flags'],
  ['00000000', 'lock timeout'],
  ['00000bb8', 'io timeout: 3000 ms'],
] as const
export const nothingButError: Vector = [['8000001c', 'last fragment, 28 bytes'], ...SUCCESS, NO_ERROR]

const getport: Vector = [
  ['80000038', 'last fragment, 56 bytes'],
  ...CALL,
  ...PORTMAPPER,
  ['00000003', 'PMAPPROC_GETPORT'],
  ...NO_AUTH,
  ...CORE,
  ['00000006', 'IPPROTO_TCP'],
  ['00000000', 'port, not used'],
]
const port: Vector = [
  ['8000001c', 'last fragment, 28 bytes'],
  ...SUCCESS,
  ['00000400', 'port', "server's core port"],
]
export const create_link: Vector = [
  ['80000040', 'last fragment, 64 bytes'],
  ...CALL,
  ...CORE,
  ['0000000a', 'create_link'],
  ...NO_AUTH,
  ['00000007', 'client id', "client's id"],
  ['00000000', 'lock the device: no'],
  ['00000000', 'lock timeout'],
  ['00000005', 'length of the device’s name'],
  ['69 6e 73 74 30 000000', '"inst0", padded to 8 bytes'],
]
export const link: Vector = [
  ['80000028', 'last fragment, 40 bytes'],
  ...SUCCESS,
  NO_ERROR,
  LINK,
  ['00000401', 'port of the abort channel', "server's abort port"],
  ['00010000', 'most bytes of a device_write'],
]
const create_intr_chan: Vector = [
  ['8000003c', 'last fragment, 60 bytes'],
  ...CALL,
  ...CORE,
  ['00000019', 'create_intr_chan'],
  ...NO_AUTH,
  ['7f000001', '127.0.0.1'],
  ['00000402', 'port', "client's interrupt port"],
  ['000607b1', 'program DEVICE_INTR'],
  ['00000001', 'its version'],
  ['00000000', 'DEVICE_TCP'],
]
const unsupported: Vector = [
  ['8000001c', 'last fragment, 28 bytes'],
  ...SUCCESS,
  ['00000008', 'error 8: operation not supported'],
]
export const writeIdentity: Vector = [
  ['80000044', 'last fragment, 68 bytes'],
  ...CALL,
  ...CORE,
  ['0000000b', 'device_write'],
  ...NO_AUTH,
  LINK,
  ['00000bb8', 'io timeout: 3000 ms'],
  ['00000000', 'lock timeout'],
  ['00000008', 'flags: END'],
  ['00000006', 'length of the data'],
  ['2a 49 44 4e 3f 0a 0000', '"*IDN?\\n", padded to 8 bytes'],
]
export const writeSlow: Vector = [
  ...writeIdentity.slice(0, -1),
  ['53 4c 4f 57 3f 0a 0000', '"SLOW?\\n", padded'],
]
export const written: Vector = [
  ['80000020', 'last fragment, 32 bytes'],
  ...SUCCESS,
  NO_ERROR,
  ['00000006', 'bytes taken'],
]
export const device_read: Vector = [
  ['80000040', 'last fragment, 64 bytes'],
  ...CALL,
  ...CORE,
  ['0000000c', 'device_read'],
  ...NO_AUTH,
  LINK,
  ['00040000', 'at most 256 KiB'],
  ['000001f4', 'io timeout: 500 ms'],
  ['00000000', 'lock timeout'],
  ['00000000', 'flags: no terminator'],
  ['00000000', 'terminator'],
]
export const identity: Vector = [
  ['8000002c', 'last fragment, 44 bytes'],
  ...SUCCESS,
  NO_ERROR,
  ['00000004', 'reason: END'],
  ['00000006', 'length of the data'],
  ['2a 49 44 4e 0d 0a 0000', '"*IDN\\r\\n", padded to 8 bytes'],
]
export const identityInTwo: Vector = [
  ['0000001a', 'not the last fragment, 26 bytes'],
  ...SUCCESS,
  ['0000', 'error 0, its first half'],
  ['80000012', 'last fragment, 18 bytes'],
  ['0000', 'error 0, its second half'],
  ['00000004', 'reason: END'],
  ['00000006', 'length of the data'],
  ['2a 49 44 4e 0d 0a 0000', '"*IDN\\r\\n", padded to 8 bytes'],
]
export const aborted: Vector = [
  ['80000024', 'last fragment, 36 bytes'],
  ...SUCCESS,
  ['00000017', 'error 23: abort'],
  ['00000000', 'no reason'],
  ['00000000', 'length of the data'],
]
export const device_readstb: Vector = [
  ['80000038', 'last fragment, 56 bytes'],
  ...CALL,
  ...CORE,
  ['0000000d', 'device_readstb'],
  ...NO_AUTH,
  ...GENERIC,
]
export const statusByte: Vector = [
  ['80000020', 'last fragment, 32 bytes'],
  ...SUCCESS,
  NO_ERROR,
  ['00000020', 'status byte'],
]
export const device_trigger: Vector = [
  ['80000038', 'last fragment, 56 bytes'],
  ...CALL,
  ...CORE,
  ['0000000e', 'device_trigger'],
  ...NO_AUTH,
  ...GENERIC,
]
export const device_clear: Vector = [
  ['80000038', 'last fragment, 56 bytes'],
  ...CALL,
  ...CORE,
  ['0000000f', 'device_clear'],
  ...NO_AUTH,
  ...GENERIC,
]
export const device_lock: Vector = [
  ['80000034', 'last fragment, 52 bytes'],
  ...CALL,
  ...CORE,
  ['00000012', 'device_lock'],
  ...NO_AUTH,
  LINK,
  ['00000001', 'flags: wait for the lock'],
  ['000005dc', 'lock timeout: 1500 ms'],
]
export const device_unlock: Vector = [
  ['8000002c', 'last fragment, 44 bytes'],
  ...CALL,
  ...CORE,
  ['00000013', 'device_unlock'],
  ...NO_AUTH,
  LINK,
]
export const notLocked: Vector = [
  ['8000001c', 'last fragment, 28 bytes'],
  ...SUCCESS,
  ['0000000c', 'error 12: no lock held by this link'],
]
export const device_abort: Vector = [
  ['8000002c', 'last fragment, 44 bytes'],
  ...CALL,
  ...ASYNC,
  ['00000001', 'device_abort'],
  ...NO_AUTH,
  LINK,
]
export const destroy_link: Vector = [
  ['8000002c', 'last fragment, 44 bytes'],
  ...CALL,
  ...CORE,
  ['00000017', 'destroy_link'],
  ...NO_AUTH,
  LINK,
]
export const noProcedure: Vector = [
  ['80000018', 'last fragment, 24 bytes'],
  ...REPLY,
  ['00000003', 'PROC_UNAVAIL'],
]

export type Channel = 'portmapper' | 'core' | 'abort'
export const client = (on: Channel, vector: Vector): Step<Channel> => ({ by: 'client', on, vector })
export const server = (on: Channel, vector: Vector): Step<Channel> => ({ by: 'server', on, vector })
export const core = (call: Vector, reply: Vector): Step<Channel>[] => [
  client('core', call),
  server('core', reply),
]

export const opening = [
  client('portmapper', getport),
  server('portmapper', port),
  ...core(create_link, link),
  ...core(create_intr_chan, unsupported),
]
export const identifying = [...core(writeIdentity, written), ...core(device_read, identity)]
