import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import { type ClientEvents, commands, type ServerEvents } from '../../shared/commands.ts'
import type { Role } from '../../shared/access.ts'
import type { Caller } from '../core/device.ts'
import type { Logger } from '../core/log.ts'
import type { Commands } from './call.ts'
import { Connection } from './connection.ts'
import type { Feeds } from './feeds.ts'

/** The largest message that a browser has a reason to send: a description of its media abilities is some 10 kB. */
const MOST_MESSAGE_BYTES = 256 * 1024

interface SocketOptions {
  http: HttpServer
  doors: Commands
  feeds: Feeds
  /** What everybody on loopback is, until there is sign-in. */
  role: Role
  log: Logger
}

/** engine.io keeps its queue private in its types, and has no other word for it. */
function unsentPackets(conn: object): number {
  return (conn as { writeBuffer: unknown[] }).writeBuffer.length
}

/** Socket.IO on the bridge's HTTP server: one event a command, patches and packets the other way. */
export function openSocket({ http, doors, feeds, role, log }: SocketOptions): AsyncDisposable {
  const io = new Server<ClientEvents, ServerEvents>(http, {
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: MOST_MESSAGE_BYTES,
    // A browser whose machine sleeps is noticed within 15 s.
    pingInterval: 10_000,
    pingTimeout: 5000,
    connectionStateRecovery: undefined,
  })
  io.on('connection', (socket) => {
    const gone = new AbortController()
    const connection = new Connection(
      { emit: (event, ...args) => socket.emit(event, ...args), unsent: () => unsentPackets(socket.conn) },
      feeds,
    )
    const caller: Caller = { role, address: socket.handshake.address, signal: gone.signal }
    for (const name of Object.keys(commands)) {
      socket.on(
        name as never,
        ((input: unknown, answer: unknown) => {
          if (typeof answer !== 'function') return
          void doors.call(name, input, caller, connection.handlers).then((result) => {
            ;(answer as (result: unknown) => void)(result)
          })
        }) as never,
      )
    }
    socket.on('stream.ack', (ack) => connection.acknowledge(ack))
    socket.on('disconnect', (reason) => {
      gone.abort()
      connection[Symbol.dispose]()
      log.debug({ address: caller.address, reason }, 'a browser has gone')
    })
    log.debug({ address: caller.address }, 'a browser has come')
  })
  return {
    async [Symbol.asyncDispose]() {
      io.disconnectSockets(true)
      await io.close()
    },
  }
}
