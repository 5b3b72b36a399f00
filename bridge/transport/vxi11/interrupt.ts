import { once } from 'node:events'
import { type AddressInfo, createServer, isIPv4, type Socket } from 'node:net'
import { INTERRUPT } from './core.ts'
import { decodeCall, encodeReply, Records } from './rpc.ts'

const DEVICE_INTR_SRQ = 30
const MOST_HANDLE_BYTES = 40
/** A service request is a hundred bytes or so. */
const MOST_CALL_BYTES = 1024
/** One instrument has one interrupt channel. */
const MOST_CONNECTIONS = 2

/** The server that an instrument reports its service requests to (VXI-11 section B.5.3). */
export interface InterruptServer extends Disposable {
  /** Where it listens: an IPv4 address as a number, for create_intr_chan knows no other. */
  readonly address: number
  readonly port: number
}

/** Listens on our end of the connection to an instrument; undefined when that is not IPv4. `heard` is called for each request that carries `handle`. */
export async function listenForService(
  localAddress: string,
  handle: Buffer,
  heard: () => void,
): Promise<InterruptServer | undefined> {
  const host = localAddress.replace(/^::ffff:/i, '')
  if (!isIPv4(host)) return undefined
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    serve(socket, handle, heard)
    socket.once('close', () => sockets.delete(socket))
  })
  server.maxConnections = MOST_CONNECTIONS
  server.listen(0, host)
  await once(server, 'listening')
  server.on('error', () => {})
  return {
    address: host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0),
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function serve(socket: Socket, handle: Buffer, heard: () => void): void {
  const records = new Records(MOST_CALL_BYTES, (message) => {
    const call = decodeCall(message)
    const { program, version } = INTERRUPT
    if (call.program !== program || call.version !== version || call.procedure !== DEVICE_INTR_SRQ) return
    // The standard has it that no reply is needed, yet there are instruments that wait for one.
    socket.write(encodeReply(call.xid))
    if (call.args.opaque(MOST_HANDLE_BYTES).equals(handle)) heard()
  })
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    try {
      for (let at = 0; at < chunk.length;) {
        const room = records.space()
        const count = chunk.copy(room, 0, at)
        at += count
        records.received(count)
      }
    } catch {
      // Whoever it is, it does not speak RPC.
      socket.destroy()
    }
  })
}
