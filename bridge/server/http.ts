import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import helmet from 'helmet'
import Koa, { type Context } from 'koa'
import serve from 'koa-static'
import { isWithin, satisfies } from '../../shared/access/access.ts'
import type { ErrorCode } from '../../shared/wire/errors.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import type { Caller } from '../device/device.ts'
import { guarded } from '../core/guarded.ts'
import type { Logger } from '../core/log.ts'
import { isLoopback } from '../core/loopback.ts'
import { plainAddress } from '../core/network.ts'
import type { TrustedProxies } from '../core/trusted-proxies.ts'
import { Connections } from './connections.ts'
import { requireDevice, requireRole } from './gate.ts'
import { guardianSource } from './guardian-source.ts'
import { KnownAddresses } from './known-addresses.ts'
import type { Door } from './origin.ts'
import type { Refusals } from './refusals.ts'
import { MOST_BODY_BYTES, RequestGate, type Visitor } from './request-gate.ts'
import { RouteTable } from './route-table.ts'
import type { Route } from './route.ts'
import { standingAnswers } from './standing.ts'
import { isExchange, openToPages } from './routes/exchange-paths.ts'
import { callerOf, type Identify } from './who.ts'

const STATUS: Partial<Record<ErrorCode, number>> = {
  'input.invalid': 400,
  'credentials.invalid': 401,
  'session.required': 401,
  'factor.required': 401,
  'origin.foreign': 403,
  'proof.required': 403,
  'role.required': 403,
  'scope.exceeded': 403,
  'secret.refused': 403,
  'device.unknown': 404,
  'device.unsupported': 404,
  'media.unknown': 404,
  'token.unknown': 404,
  'secret.unknown': 404,
  'trace.unknown': 404,
  'user.unknown': 404,
  'view.unknown': 404,
  'watch.unknown': 404,
  'device.busy': 409,
  'estop.latched': 409,
  'guardian.lost': 503,
  'heartbeat.lost': 409,
  'interlock.open': 409,
  'laser.bounds': 400,
  'laser.unready': 409,
  'turret.alarm': 409,
  'turret.unhomed': 409,
  'lease.held': 409,
  'lease.required': 409,
  'user.exists': 409,
  'view.changed': 409,
  'watch.changed': 409,
  'attempts.exceeded': 429,
  'calls.exceeded': 429,
  internal: 500,
  'device.timeout': 504,
  'storage.failed': 503,
  'storage.full': 507,
}

/** The status of a failure over REST; what is not the caller's fault and not ours is the instrument's: 502. */
export function httpStatus(code: ErrorCode): number {
  return STATUS[code] ?? 502
}

/** Who sends a request slower than this keeps a connection from somebody else. */
const HEADERS_MS = 5000
const REQUEST_MS = 120_000
/** How often it is looked for requests that are slower, ms. */
const CHECK_EVERY_MS = 1000
/** A browser sends some 20 of a few hundred bytes each. */
const MOST_HEADERS = 100

/** PEM texts of a certificate, with those that vouch for it, and its key. */
export interface Tls {
  cert: string
  key: string
}

interface HttpOptions {
  pageDir: string
  routes: readonly Route[]
  door: Door
  identify: Identify
  /** They take connections for the bridge, and say whose those are (X-Forwarded-For). */
  proxies: TrustedProxies
  refusals: Pick<Refusals, 'count'>
  tls: Tls | undefined
  /** Where pages reach the guardian on this host; undefined where they do not, or do on their own origin. */
  guardianPort: () => number | undefined
  log: Logger
}

/** The server, and what finds out who sends it requests: for sockets too, which come in beside its routes. */
export interface HttpServer {
  server: Server
  gate: RequestGate
}

/** An HTTP server, or an HTTPS one when there is a certificate, with the page and the routes. It does not listen yet. */
export function createHttp(options: HttpOptions): HttpServer {
  const { door, identify, proxies, refusals, routes, tls, log } = options
  const known = new KnownAddresses()
  const table = new RouteTable(routes)
  const connections = new Connections({
    isKnown: (address) => known.has(address),
    isProxy: (address) => proxies.trusts(address),
    refused: (address) => refusals.count(address, 'a connection', 'calls.exceeded'),
  })
  const routeOf = (method: string, path: string): Route | undefined => table.find(method, path)
  const gate = new RequestGate({ door, identify, proxies, connections, known, refusals, routeOf, log })
  const visitors = new WeakMap<IncomingMessage, Visitor>()
  const handle = createApp(options, visitors).callback()
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const visitor = gate.admit(request, response)
    if (!visitor) return false
    visitors.set(request, visitor)
    return true
  }
  const end = ({ socket }: IncomingMessage): void => void socket.destroy()
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (admit(request, response)) void handle(request, response)
  }
  const listener = guarded(log, 'a request', answer, end)
  const checking = { connectionsCheckingInterval: CHECK_EVERY_MS }
  const server = tls
    ? createTlsServer({ ...tls, ...checking, handshakeTimeout: HEADERS_MS }, listener)
    : createServer(checking, listener)
  server.headersTimeout = HEADERS_MS
  server.requestTimeout = REQUEST_MS
  server.maxHeadersCount = MOST_HEADERS
  const accept = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress ?? '')
    // What others send in clear is read by whoever is in between: passwords too.
    if (!tls && proxies.some && !isLoopback(address) && !proxies.trusts(address)) {
      socket.destroy()
      refusals.count(address, 'a connection in clear past the proxy', 'origin.foreign')
    } else connections.accept(socket)
  }
  server.on(
    'connection',
    guarded(log, 'a connection', accept, (socket) => socket.destroy()),
  )
  // Whether a body is wanted is said to those who ask first, before they send it.
  const invite = (request: IncomingMessage, response: ServerResponse): void => {
    if (!admit(request, response)) return
    response.writeContinue()
    void handle(request, response)
  }
  server.on('checkContinue', guarded(log, 'a request that waits to go on', invite, end))
  server.once('close', () => connections[Symbol.dispose]())
  return { server, gate }
}

function createApp(options: HttpOptions, visitors: WeakMap<IncomingMessage, Visitor>): Koa {
  const app = new Koa()
  app.silent = true
  app.on('error', (error: Error & { code?: string; status?: number }) => {
    // A browser that leaves in the middle of an answer is no error of ours, nor is what nobody could answer.
    const { code, status = 500 } = error
    if (code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return
    if (status >= 500) options.log.error({ error }, 'an HTTP request failed')
  })
  app.use(protect(options.tls !== undefined || options.proxies.some, options.guardianPort))
  app.use(async (context, next) => {
    const visitor = visitors.get(context.req)
    if (!visitor) throw new Error('unreachable: a request is admitted before it is handled')
    context.request.ip = visitor.address
    try {
      if (isExchange(context.path)) openToPages(context)
      await next()
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      context.status = httpStatus(error.code)
      if (context.status === 401 && isExchange(context.path)) context.set('WWW-Authenticate', 'Bearer')
      context.body = { ok: false, error: error.toFailure() }
    }
  })
  const router = new Router()
  for (const route of options.routes) {
    router[route.method](route.path, (context: Context) => {
      const visitor = visitors.get(context.req)
      return visitor && admit(route, context, visitor, options)
    })
  }
  app.use(router.routes()).use(router.allowedMethods())
  app.use(serve(options.pageDir, { maxage: 0 }))
  return app
}

/** The one gate of REST: lets those through whom the route is declared for, and only then reads what they send. */
async function admit(
  route: Route,
  context: Context,
  { identity, credentials, address }: Visitor,
  { identify }: HttpOptions,
): Promise<void> {
  const gone = new AbortController()
  context.res.once('close', () => gone.abort())
  const caller: Caller | undefined = identity && callerOf(identity, '', address, gone.signal)
  const what = `${route.method.toUpperCase()} ${context.path}`
  if (route.role === 'anybody') {
    await readBody(route, context)
    await route.handle(context, caller)
    return
  }
  requireRole(caller, route.role === 'known' ? 'viewer' : route.role, what)
  if (route.role === 'known') {
    await readBody(route, context)
    await route.handle(context, caller)
    return
  }
  const params = context['params'] as Record<string, string | undefined>
  requireDevice(caller.scope, route.device === undefined ? undefined : params[route.device], what)
  await readBody(route, context)
  const { role } = route
  const stands = (): boolean => {
    const now = identify(credentials)
    return (
      now?.key === caller.key && satisfies(now.role, role) && isWithin(caller.scope ?? {}, now.scope ?? {})
    )
  }
  standingAnswers.watch(context.res, stands)
  await route.handle(context, caller, stands)
}

function protect(secure: boolean, guardianPort: () => number | undefined): Koa.Middleware {
  const set = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'", ({ headers }) => guardianSource(headers.host, guardianPort())],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
      },
    },
    strictTransportSecurity: secure,
  })
  return async (context, next) => {
    await new Promise<void>((resolve, reject) => {
      set(context.req, context.res, (error?: unknown) => {
        if (error instanceof Error) reject(error)
        else resolve()
      })
    })
    await next()
  }
}

const parseBody = bodyParser({ enableTypes: ['json'], jsonLimit: MOST_BODY_BYTES, onError: invalidBody })

async function readBody(route: Route, context: Context): Promise<void> {
  if (route.upload === undefined) await parseBody(context, () => Promise.resolve())
}

function invalidBody(error: Error): never {
  throw new BenchError('input.invalid', `the request's body is not JSON that can be read: ${error.message}`)
}
