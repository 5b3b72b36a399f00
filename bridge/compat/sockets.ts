import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { satisfies } from '../../shared/access/access.ts'
import { BEAT_MS } from '../../shared/control/control.ts'
import type { Caller } from '../device/device.ts'
import { guarded } from '../core/guarded.ts'
import type { Logger } from '../core/log.ts'
import type { Door } from '../server/origin.ts'
import type { RequestGate } from '../server/request-gate.ts'
import { callerOf, forwardedBy, type Identify } from '../server/who.ts'
import type { Ctp10Api } from './api.ts'
import { number, whole } from './api-route.ts'
import { streamHealth, streamPowers } from './streams.ts'

const MOST_SOCKETS = 64
const MOST_MESSAGE_BYTES = 1024

interface CompatSockets {
  http: Server
  api: Ctp10Api
  door: Door
  identify: Identify
  gate: RequestGate
  log: Logger
}

/** What a socket is told, and its end. */
type Streaming = (socket: WebSocket) => () => void

const powerQuery = z.object({
  module: whole(1, 20).optional(),
  interval: number(0.01, 10).optional(),
})

/** `/ws/power` and `/ws/health` as plain WebSockets, on the bridge's own HTTP server. */
export function openCompatSockets({ http, api, door, identify, gate, log }: CompatSockets): AsyncDisposable {
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE_BYTES })
  let powers = 0

  const streamingFor = (url: URL): Streaming | number => {
    if (url.pathname === '/ws/health') return (socket) => streamHealth(socket, () => powers)
    const query = powerQuery.safeParse(Object.fromEntries(url.searchParams))
    if (!query.success) return 422
    const { module, interval = 0.1 } = query.data
    return (socket) => {
      powers += 1
      const end = streamPowers(socket, api, { module, intervalMs: interval * 1000, others: () => powers })
      return () => {
        powers -= 1
        end()
      }
    }
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // `//` for one is no address.
    const url = URL.parse(request.url ?? '/', 'http://bridge')
    if (url?.pathname !== '/ws/power' && url?.pathname !== '/ws/health') return
    const address = gate.addressOf(request)
    const { cookie, authorization } = request.headers
    const who = (): Caller | undefined => {
      const identity = identify({ ...forwardedBy(request.headers), cookie, authorization, address })
      return identity && callerOf(identity, '', address, new AbortController().signal)
    }
    try {
      door.require(request.headers)
    } catch {
      gate.refused(address, url.pathname, 'origin.foreign')
      refuse(socket, 403)
      return
    }
    const caller = who()
    const streaming = streamingFor(url)
    if (!caller) {
      gate.refused(address, url.pathname, 'session.required')
      refuse(socket, 401)
    }
    // A token that is bound to devices is for those alone, here as on the routes.
    else if (!satisfies(caller.role, 'viewer') || caller.scope?.devices) refuse(socket, 403)
    else if (typeof streaming === 'number') refuse(socket, streaming)
    else if (server.clients.size >= MOST_SOCKETS) refuse(socket, 503)
    else {
      gate.identified(request, caller, address)
      server.handleUpgrade(request, socket, head, (open) => {
        log.debug({ address, path: url.pathname }, 'a WebSocket has come')
        serve(open, streaming, { who, api, log })
      })
    }
  }
  const listener = guarded(log, 'an upgrade', upgrade, (_, socket) => socket.destroy())

  http.on('upgrade', listener)
  return {
    async [Symbol.asyncDispose]() {
      http.off('upgrade', listener)
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

/**
 * Pings, as often as the page that holds the lease would beat. An old client knows no heartbeat, but every WebSocket
 * answers a ping: for a holder of the lease the pong is one.
 */
function serve(
  socket: WebSocket,
  streaming: Streaming,
  { who, api, log }: { who: () => Caller | undefined; api: Ctp10Api; log: Logger },
): void {
  const during = <A extends unknown[]>(what: string, work: (...args: A) => void): ((...args: A) => void) =>
    guarded(log, what, work, () => socket.terminate())
  const end = streaming(socket)
  const ping = setInterval(
    during('a ping', () => {
      if (who()) socket.ping()
      else socket.close(1008, 'sign in again')
    }),
    BEAT_MS,
  )
  socket.on(
    'pong',
    during('a pong', () => {
      const caller = who()
      if (caller) api.ponged(caller)
    }),
  )
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(ping)
    end()
  })
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => {})
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
