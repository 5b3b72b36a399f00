import { XdrReader, XdrWriter } from './xdr.ts'

/** The messages of ONC RPC version 2 (RFC 5531 section 9). */
const CALL = 0
const REPLY = 1
const RPC_VERSION = 2
const AUTH_NONE = 0
/** RFC 5531 section 8.2. */
const MOST_VERIFIER_BYTES = 400
const ACCEPTED = 0
const SUCCESS = 0
const accepted = [
  'done',
  'that the program is not there',
  'that the program is there in other versions',
  'that the procedure is not there',
  'that it cannot read the arguments',
  'a system error',
]

const LAST_FRAGMENT = 0x80000000
const MARK_BYTES = 4

/** A procedure of a program, as a call names it. */
export interface Procedure {
  program: number
  version: number
  procedure: number
}

/** One message as a record of one fragment (RFC 5531 section 11). */
export function record(message: Buffer): Buffer {
  const mark = Buffer.alloc(MARK_BYTES)
  mark.writeUInt32BE((LAST_FRAGMENT | message.length) >>> 0)
  return Buffer.concat([mark, message])
}

/** A call without credentials, as instruments expect it, as a record. */
export function encodeCall(xid: number, { program, version, procedure }: Procedure, args: XdrWriter): Buffer {
  const head = new XdrWriter().uint(xid).uint(CALL).uint(RPC_VERSION)
  head.uint(program).uint(version).uint(procedure)
  head.uint(AUTH_NONE).uint(0).uint(AUTH_NONE).uint(0)
  return record(Buffer.concat([head.bytes(), args.bytes()]))
}

/** The reply to a call, as a record: its results, or with another `status` (RFC 5531 section 9) what belongs to that. */
export function encodeReply(xid: number, results?: XdrWriter, status: number = SUCCESS): Buffer {
  const head = new XdrWriter().uint(xid).uint(REPLY).uint(ACCEPTED).uint(AUTH_NONE).uint(0).uint(status)
  return record(Buffer.concat([head.bytes(), ...(results ? [results.bytes()] : [])]))
}

/** A call, and its arguments still to be read. Throws a RangeError when it is none. */
export function decodeCall(message: Buffer): Procedure & { xid: number; args: XdrReader } {
  const args = new XdrReader(message)
  const xid = args.uint()
  if (args.uint() !== CALL || args.uint() !== RPC_VERSION) throw new RangeError('not a call')
  const [program, version, procedure] = [args.uint(), args.uint(), args.uint()]
  for (const _ of ['credentials', 'verifier']) {
    args.uint()
    args.opaque(MOST_VERIFIER_BYTES)
  }
  return { xid, program, version, procedure, args }
}

/** A reply: its number, and its results still to be read, or why there are none. Throws a RangeError when it is none. */
export function decodeReply(
  message: Buffer,
): { xid: number; results: XdrReader } | { xid: number; refused: string } {
  const results = new XdrReader(message)
  const xid = results.uint()
  if (results.uint() !== REPLY) throw new RangeError('not a reply')
  if (results.uint() !== ACCEPTED) return { xid, refused: 'that it takes no such calls from here' }
  results.uint()
  results.opaque(MOST_VERIFIER_BYTES)
  const status = results.uint()
  return status === SUCCESS ? { xid, results } : { xid, refused: accepted[status] ?? `status ${status}` }
}

/** Puts records together from their fragments, in one buffer that never grows. */
export class Records {
  readonly #room: Buffer
  readonly #mostBytes: number
  readonly #heard: (message: Buffer) => void
  #filled = 0
  #start = 0
  #end = 0
  #left = 0
  #last = false

  /** `heard` is given each message as a view that holds until it returns. */
  constructor(mostBytes: number, heard: (message: Buffer) => void) {
    this.#room = Buffer.allocUnsafe(mostBytes + 2 * MARK_BYTES)
    this.#mostBytes = mostBytes
    this.#heard = heard
  }

  /** Room for the next bytes, at least one. */
  space(): Uint8Array {
    return this.#room.subarray(this.#filled)
  }

  /** `count` bytes now stand at the beginning of that room. Throws a RangeError when they announce more than is taken. */
  received(count: number): void {
    this.#filled += count
    for (;;) {
      if (this.#left === 0 && !this.#last && !this.#mark()) return
      const here = Math.min(this.#left, this.#filled - this.#end)
      this.#end += here
      this.#left -= here
      if (this.#left > 0) return
      if (this.#last) this.#deliver()
    }
  }

  /** Takes a fragment's mark out, so that the fragments of a record stand in one piece. Answers false when it is not there yet. */
  #mark(): boolean {
    if (this.#filled - this.#end < MARK_BYTES) return false
    const mark = this.#room.readUInt32BE(this.#end)
    this.#last = mark >= LAST_FRAGMENT
    this.#left = mark % LAST_FRAGMENT
    const bytes = this.#end - this.#start + this.#left
    if (bytes > this.#mostBytes)
      throw new RangeError(`a record of ${bytes} bytes announced where at most ${this.#mostBytes} are taken`)
    if (this.#end === 0) this.#start = this.#end = MARK_BYTES
    else {
      this.#room.copyWithin(this.#end, this.#end + MARK_BYTES, this.#filled)
      this.#filled -= MARK_BYTES
    }
    return true
  }

  #deliver(): void {
    this.#heard(this.#room.subarray(this.#start, this.#end))
    this.#room.copyWithin(0, this.#end, this.#filled)
    this.#filled -= this.#end
    this.#start = this.#end = 0
    this.#last = false
  }
}
