import type { Socket } from 'node:net'
import { decodeCall, encodeReply, Records } from '../../../transport/vxi11/rpc.ts'
import { type XdrReader, XdrWriter } from '../../../transport/vxi11/xdr.ts'

const NULL_PROCEDURE = 0
/** RFC 5531 section 9. */
const PROG_UNAVAIL = 1
const PROG_MISMATCH = 2
const PROC_UNAVAIL = 3
const GARBAGE_ARGS = 4
/** A client waits for each reply before it makes its next call; one that does not is none. */
const MOST_CALLS = 32

/** A procedure: reads its arguments, and gives its results. */
export type Answer = (args: XdrReader) => XdrWriter | Promise<XdrWriter>

/** An RPC program as one connection finds it. */
export interface RpcProgram {
  program: number
  version: number
  procedures: Readonly<Record<number, Answer>>
}

/** Answers the calls that come over a connection (RFC 5531), one after the other. It ends with what is no call. */
export function serveRpc(socket: Socket, served: RpcProgram, mostCallBytes: number): void {
  let waiting = 0
  let last = Promise.resolve()
  const answer = async (message: Buffer): Promise<void> => {
    const { xid, program, version, procedure, args } = decodeCall(message)
    const reply = (results?: XdrWriter, status?: number): void =>
      void socket.write(encodeReply(xid, results, status))
    const run = served.procedures[procedure]
    if (program !== served.program) reply(undefined, PROG_UNAVAIL)
    else if (version !== served.version)
      reply(new XdrWriter().uint(served.version).uint(served.version), PROG_MISMATCH)
    else if (procedure === NULL_PROCEDURE) reply()
    else if (!run) reply(undefined, PROC_UNAVAIL)
    else {
      const results = await Promise.try(run, args).catch((error: unknown) => {
        if (error instanceof RangeError) return undefined
        throw error
      })
      if (!socket.destroyed) reply(results, results ? undefined : GARBAGE_ARGS)
    }
  }
  const records = new Records(mostCallBytes, (message) => {
    waiting += 1
    if (waiting > MOST_CALLS) throw new RangeError('too many calls at once')
    const call = Buffer.from(message)
    last = last
      .then(() => answer(call))
      .catch(() => void socket.destroy())
      .finally(() => (waiting -= 1))
  })
  socket.on('data', (chunk: Buffer) => {
    try {
      for (let at = 0; at < chunk.length;) {
        const count = chunk.copy(records.space(), 0, at)
        at += count
        records.received(count)
      }
    } catch {
      // Whoever it is, it does not speak RPC.
      socket.destroy()
    }
  })
}
