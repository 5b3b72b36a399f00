import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import { satisfies } from '../../shared/access/access.ts'
import { type ClientEvents, commands, type ServerEvents } from '../../shared/commands.ts'
import type { CameraState } from '../../shared/camera/camera.ts'
import { BenchError, type Result } from '../../shared/wire/errors.ts'
import type { Caller } from '../device/device.ts'
import { guarded } from '../core/guarded.ts'
import type { Logger } from '../core/log.ts'
import type { Topic } from '../core/topic.ts'
import type { ViewerIds } from '../core/viewer-ids.ts'
import type { Commands, FindDevice } from './call.ts'
import { Connection } from './connection.ts'
import type { Feeds } from './feeds.ts'
import { FrameFeeds } from './frame-feeds.ts'
import { Handshakes, type PageConnection } from './handshakes.ts'
import { Heartbeats, isHeartbeat } from './heartbeats.ts'
import { helloOf } from './hello.ts'
import { PictureFeeds } from './picture-feeds.ts'
import { Loans } from './loans.ts'
import { limitMessages } from './message-limit.ts'
import type { Door } from './origin.ts'
import type { RequestGate } from './request-gate.ts'
import { readStreamAck } from './stream-ack.ts'
import { callerOf, type Credentials, forwardedBy, type Identify } from './who.ts'

/** The largest message that a browser has a reason to send: a description of its media abilities is some 10 kB. */
const MOST_MESSAGE_BYTES = 256 * 1024
/** Messages of any kind a second; a page that acknowledges every stream there is sends some hundred. */
const MOST_MESSAGES_PER_S = 2000
/** The same for a heartbeat, which has four a second. */
const MOST_BEATS_PER_S = 40
/** Answers that wait to be sent: a page that asks and does not read is sent away. */
const MOST_UNSENT_ANSWERS = 1000
/** How soon a page whose session has ended elsewhere, on the command line for one, is sent away; and how soon an acknowledgement that was lost keeps nothing back any more. */
const LOOK_EVERY_MS = 2000
/** A page says who it is as soon as it is connected; what says nothing, or was refused, goes after so long. */
const CONNECT_MS = 5000
const REFUSED_MS = 1000

type BenchSocket = Socket<ClientEvents, ServerEvents>

interface SocketOptions {
  http: HttpServer
  version: string
  doors: Commands
  feeds: Feeds
  device: FindDevice
  cameraTopic: (id: string) => Topic<CameraState> | undefined
  viewers: ViewerIds
  door: Door
  identify: Identify
  gate: RequestGate
  connectionsPerAddress: number
  /** Pages that come and go, by client. */
  lease: { connected(client: string): void; disconnected(client: string): void }
  log: Logger
}

/** engine.io keeps its queue private in its types, and has no other word for it. */
function unsentPackets(conn: object): number {
  return (conn as { writeBuffer: unknown[] }).writeBuffer.length
}

/** Socket.IO on the bridge's HTTP server: one event a command, patches and packets the other way. */
export function openSocket(options: SocketOptions): AsyncDisposable & { readonly connections: number } {
  const { http, gate, connectionsPerAddress, log } = options
  const perAddress = new Map<string, number>()
  const heartbeats = new Heartbeats()
  const served = new Set<Served>()
  const handshakes = new Handshakes(options)
  const io = new Server<ClientEvents, ServerEvents>(http, {
    serveClient: false,
    perMessageDeflate: false,
    maxHttpBufferSize: MOST_MESSAGE_BYTES,
    // A browser whose machine sleeps is noticed within 15 s.
    pingInterval: 10_000,
    pingTimeout: 5000,
    connectTimeout: CONNECT_MS,
    connectionStateRecovery: undefined,
    allowRequest: handshakes.allow,
  })
  io.engine.on(
    'connection',
    guarded(log, 'a handshake', (connection: PageConnection) => handshakes.begun(connection)),
  )
  io.use((socket, next) => {
    const address = gate.addressOf(socket.request)
    try {
      // Before anything is found out about it, which takes longer than to turn it away.
      if (!isHeartbeat(socket)) requirePlace(address)
      const caller = callerBy(socket, address, options)
      if (!caller) throw new BenchError('session.required', 'sign in to see this bench')
      if (isHeartbeat(socket)) heartbeats.require(caller.client)
      next()
    } catch (error) {
      if (error instanceof BenchError && error.code === 'session.required') handshakes.refused(address, error)
      next(error instanceof BenchError ? refusal(error) : (error as Error))
      // A page that was refused leaves by itself; what stays would be kept for ever.
      setTimeout(() => {
        if (!socket.connected) socket.conn.close()
      }, REFUSED_MS)
    }
  })
  function requirePlace(address: string): void {
    if ((perAddress.get(address) ?? 0) < connectionsPerAddress) return
    throw new BenchError('calls.exceeded', `too many connections from ${address}: close some`)
  }
  const come = (socket: BenchSocket): void => {
    const address = gate.addressOf(socket.request)
    const identity = options.identify(credentialsOf(socket, address))
    if (identity) gate.identified(socket.request, identity, address)
    handshakes.identified(socket.conn)
    if (isHeartbeat(socket)) {
      serveHeartbeat(socket, address, options, heartbeats)
      return
    }
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1)
    socket.on('disconnect', () => {
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
    })
    const here = serve(socket, address, options, heartbeats)
    served.add(here)
    socket.on('disconnect', () => served.delete(here))
  }
  io.on(
    'connection',
    guarded(log, 'a page’s connection', come, (socket) => socket.disconnect(true)),
  )
  const look = guarded(log, 'the check of pages', () => {
    for (const socket of io.sockets.sockets.values()) {
      const stuck = unsentPackets(socket.conn) > MOST_UNSENT_ANSWERS
      if (stuck || !options.identify(credentialsOf(socket, gate.addressOf(socket.request))))
        socket.disconnect(true)
    }
    for (const page of served) page.look()
  })
  const looking = setInterval(look, LOOK_EVERY_MS)
  log.debug('the socket is open')
  return {
    get connections() {
      return io.sockets.sockets.size - heartbeats.size
    },
    async [Symbol.asyncDispose]() {
      clearInterval(looking)
      io.disconnectSockets(true)
      await io.close()
    },
  }
}

/** Who sends what comes over a connection; undefined once nobody knows them any more. */
function callerBy(
  socket: BenchSocket,
  address: string,
  { identify }: SocketOptions,
  signal: AbortSignal = new AbortController().signal,
): Caller | undefined {
  const identity = identify(credentialsOf(socket, address))
  return identity && { ...callerOf(identity, pageOf(socket), address, signal), connection: socket.id }
}

/** A page's heartbeat: nothing but beats, and the lease does not take it for the page. */
function serveHeartbeat(
  socket: BenchSocket,
  address: string,
  options: SocketOptions,
  heartbeats: Heartbeats,
): void {
  limitMessages(socket, MOST_BEATS_PER_S)
  const { doors, log } = options
  const caller = (): Caller | undefined => callerBy(socket, address, options)
  const beat = async (input: unknown): Promise<Result<unknown>> => {
    try {
      return await doors.call('lease.beat', input, caller(), {}, address)
    } catch (error) {
      log.error({ error }, 'a heartbeat failed for a reason nobody foresaw')
      socket.disconnect(true)
      return { ok: false, error: { code: 'internal', message: 'lease.beat failed inside the bridge' } }
    }
  }
  heartbeats.serve(socket, caller()?.client ?? '', beat)
}

/** One page. */
interface Served {
  /** Sends what had to wait, as far as the link takes it, and takes away what its caller has no right to any more. */
  look(): void
}

function serve(socket: BenchSocket, address: string, options: SocketOptions, heartbeats: Heartbeats): Served {
  const { doors, feeds, lease, log, version } = options
  const gone = new AbortController()
  const outlet: ConstructorParameters<typeof Connection>[0] = {
    emit: (event, ...args) => socket.emit(event, ...args),
    unsent: () => unsentPackets(socket.conn),
  }
  const connection = new Connection(outlet, feeds)
  const frames = new FrameFeeds(outlet, options.device)
  const { device, cameraTopic, viewers } = options
  const pictures = new PictureFeeds({ ...outlet, device, cameraTopic, viewers })
  const loans = new Loans({
    write: (port, bytes, written) => socket.emit('serial.write', port, bytes, written),
    protect: (port, messages) => socket.emit('serial.safe', port, [...messages]),
    // Volatile: those that waited for a stalled link would say that a bridge is there which was.
    alive: () => socket.volatile.emit('serial.alive'),
  })
  const hello = helloOf(version, (topics) => connection.revisionsOf(topics))
  const handlers = {
    ...{ 'session.hello': hello },
    ...connection.handlers,
    ...frames.handlers,
    ...pictures.handlers,
    ...loans.handlers,
  }
  const who = (): Caller | undefined => callerBy(socket, address, options, gone.signal)
  // A lease is held by the page: one whose role changes meanwhile is the same page.
  const client = who()?.client ?? ''
  heartbeats.pageConnected(client)
  lease.connected(client)
  limitMessages(socket, MOST_MESSAGES_PER_S)
  const received = <A extends unknown[]>(what: string, work: (...args: A) => void): ((...args: A) => void) =>
    guarded(log, what, work, () => socket.disconnect(true))
  for (const name of Object.keys(commands)) {
    const call = (input: unknown, answer: unknown): void => {
      const reply = typeof answer === 'function' ? (answer as (result: unknown) => void) : undefined
      void doors.call(name, input, who(), handlers, address).then((result) => reply?.(result))
    }
    socket.on(name as never, received(name, call) as never)
  }
  socket.on(
    'stream.ack',
    received('stream.ack', (sent) => {
      const ack = readStreamAck(sent)
      if (!ack) return
      for (const streams of [connection, frames, pictures]) streams.acknowledge(ack)
    }),
  )
  socket.on(
    'serial.data',
    received('serial.data', (port, bytes) => loans.received(port, bytes)),
  )
  socket.on('disconnect', (reason) => {
    gone.abort()
    connection[Symbol.dispose]()
    frames[Symbol.dispose]()
    pictures[Symbol.dispose]()
    loans[Symbol.dispose]()
    heartbeats.pageDisconnected(client)
    lease.disconnected(client)
    log.debug({ address, reason }, 'a browser has gone')
  })
  const resume = (): void => {
    for (const part of [connection, frames, pictures]) part.resume()
  }
  let isDrained = false
  socket.conn.on('drain', () => {
    if (isDrained) return
    isDrained = true
    // Not at once: an event with binary arguments is several packets, and this may be between two of them.
    setImmediate(
      received('drain', () => {
        isDrained = false
        if (socket.connected) resume()
      }),
    )
  })
  log.debug({ address }, 'a browser has come')
  return {
    look: () => {
      resume()
      const { role } = who() ?? {}
      if (!role || !satisfies(role, commands['serial.offer'].role))
        loans.end('whoever lent it may not any more')
    },
  }
}

function credentialsOf(socket: BenchSocket, address: string): Credentials {
  const { headers } = socket.handshake
  const { cookie, authorization } = headers
  const { token } = socket.handshake.auth
  // A browser cannot set headers on a WebSocket: a page that has a token sends it in the handshake.
  const shown = typeof token === 'string' ? `Bearer ${token}` : authorization
  return { ...forwardedBy(headers), cookie, authorization: shown, address }
}

/** A page is known again by its name alone: one that could be guessed would let others of its session take its place. */
const PAGE_NAME = /^[\w-]{22,64}$/

/** The page's own random name; a program that gives none is another page with each connection. Throws `input.invalid` for a name that could be guessed. */
function pageOf(socket: BenchSocket): string {
  const { page } = socket.handshake.auth as { page?: unknown }
  if (page === undefined) return socket.id
  if (typeof page === 'string' && PAGE_NAME.test(page)) return page
  const message =
    'auth.page: expected 128 random bits as 22 to 64 of A-Z, a-z, 0-9, "_" and "-"; leave it out for a page that does not reconnect'
  throw new BenchError('input.invalid', message)
}

/** An error as Socket.IO carries it to the browser: `connect_error` has `data`. */
function refusal(error: BenchError): Error {
  return Object.assign(new Error(error.message), { data: error.toFailure() })
}
