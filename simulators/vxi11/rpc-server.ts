import type { Socket } from 'node:net'
import { listen } from '../listen.ts'
import type { WireFaults } from './faults.ts'
import { pack, Unpack } from './xdr.ts'

const LAST_FRAGMENT = 0x80000000
const MOST_RECORD_BYTES = 1 << 20
const HUGE = 0x7fffffff
const SUCCESS = 0
const PROGRAM_UNAVAILABLE = 1
const PROCEDURE_UNAVAILABLE = 3
const GARBAGE_ARGUMENTS = 4

/** One connection's procedures by number; a result is packed by `pack`. `end` is called when the connection is over. */
export type Program = {
  procedures: Record<number, (args: Unpack) => Buffer | Promise<Buffer>>
  end?: () => void
}

/** Serves one RPC program over TCP (RFC 5531), the calls of a connection one after the other. */
export function serveProgram(
  at: { host: string; port: number; program: number; version: number },
  connected: (socket: Socket) => Program,
  faults: WireFaults,
): ReturnType<typeof listen> {
  return listen(at.host, at.port, (socket) => {
    const { procedures, end } = connected(socket)
    socket.once('close', () => end?.())
    let last = Promise.resolve()
    records(socket, (record) => {
      last = last.then(() => answer(record)).catch(() => void socket.destroy())
    })

    async function answer(record: Buffer): Promise<void> {
      const call = new Unpack(record)
      const xid = call.number()
      call.number()
      call.number()
      const program = call.number()
      call.number()
      const procedure = procedures[call.number()]
      for (let i = 0; i < 2; i++) {
        call.number()
        call.bytes()
      }
      if (program !== at.program) reply(xid, PROGRAM_UNAVAILABLE, Buffer.alloc(0))
      else if (!procedure) reply(xid, PROCEDURE_UNAVAILABLE, Buffer.alloc(0))
      else {
        try {
          reply(xid, SUCCESS, await procedure(call))
        } catch (error) {
          if (!(error instanceof RangeError)) throw error
          reply(xid, GARBAGE_ARGUMENTS, Buffer.alloc(0))
        }
      }
    }

    function reply(xid: number, status: number, results: Buffer): void {
      if (faults.take('stall')) return
      const message = Buffer.concat([pack(faults.take('xid') ? xid + 1 : xid, 1, 0, 0, 0, status), results])
      if (faults.take('huge')) socket.write(pack((LAST_FRAGMENT | HUGE) >>> 0))
      else if (faults.take('half')) socket.end(marked(message, true).subarray(0, 4 + (message.length >> 1)))
      else if (faults.take('fragments')) {
        const third = Math.ceil(message.length / 3)
        socket.write(marked(message.subarray(0, third), false))
        socket.write(marked(message.subarray(third, 2 * third), false))
        socket.write(marked(message.subarray(2 * third), true))
      } else socket.write(marked(message, true))
    }
  })
}

/** A fragment with its mark before it (RFC 5531 section 11). */
export function marked(fragment: Buffer, last: boolean): Buffer {
  return Buffer.concat([pack((fragment.length | (last ? LAST_FRAGMENT : 0)) >>> 0), fragment])
}

function records(socket: Socket, hear: (record: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  let record: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4) {
      const mark = rest.readUInt32BE(0)
      const length = mark & 0x7fffffff
      if (length > MOST_RECORD_BYTES || record.length > 64) {
        socket.destroy()
        return
      }
      if (rest.length < 4 + length) return
      record.push(rest.subarray(4, 4 + length))
      rest = rest.subarray(4 + length)
      if (mark >>> 31 === 0) continue
      hear(Buffer.concat(record))
      record = []
    }
  })
}
