import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import helmet from 'helmet'
import Koa, { type Context } from 'koa'
import serve from 'koa-static'
import { satisfies } from '../../shared/access.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Caller } from '../core/device.ts'
import type { Logger } from '../core/log.ts'
import { requireDevice, requireRole } from './gate.ts'
import { guardianSource } from './guardian-source.ts'
import type { Door } from './origin.ts'
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
const HEADERS_MS = 10_000
const REQUEST_MS = 120_000
const MOST_CONNECTIONS = 2000

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
  /** Another program takes the connections and says whose they are (X-Forwarded-For). */
  behindProxy: boolean
  tls: Tls | undefined
  /** Where pages reach the guardian on this host; undefined where they do not, or do on their own origin. */
  guardianPort: () => number | undefined
  log: Logger
}

/** An HTTP server, or an HTTPS one when there is a certificate, with the page and the routes. It does not listen yet. */
export function createHttp(options: HttpOptions): Server {
  const app = new Koa({ proxy: options.behindProxy, maxIpsCount: 1 })
  app.silent = true
  app.on('error', (error: Error & { code?: string }) => {
    // A browser that leaves in the middle of an answer is no error of ours.
    if (
      error.code !== 'EPIPE' &&
      error.code !== 'ECONNRESET' &&
      error.code !== 'ERR_STREAM_PREMATURE_CLOSE'
    ) {
      options.log.error({ error }, 'an HTTP request failed')
    }
  })
  app.use(protect(options.tls !== undefined || options.behindProxy, options.guardianPort))
  app.use(async (context, next) => {
    try {
      if (isExchange(context.path)) {
        openToPages(context)
        options.door.requireName(context.headers)
      } else options.door.require(context.headers)
      await next()
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      context.status = httpStatus(error.code)
      if (context.status === 401 && isExchange(context.path)) context.set('WWW-Authenticate', 'Bearer')
      context.body = { ok: false, error: error.toFailure() }
    }
  })
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '256kb', onError: invalidBody }))
  const router = new Router()
  for (const route of options.routes) {
    router[route.method](route.path, (context: Context) => admit(route, context, options))
  }
  app.use(router.routes()).use(router.allowedMethods())
  app.use(serve(options.pageDir, { maxage: 0 }))
  const handle = app.callback()
  const listener: RequestListener = (request, response) => void handle(request, response)
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  server.headersTimeout = HEADERS_MS
  server.requestTimeout = REQUEST_MS
  server.maxConnections = MOST_CONNECTIONS
  return server
}

/** The one gate of REST: finds out who asks, and lets them through or not, as the route declares. */
async function admit(route: Route, context: Context, { identify, door }: HttpOptions): Promise<void> {
  const { cookie, authorization } = context.headers
  // A foreign page may use a token that it was given, but not whom this browser or this machine happens to be.
  const credentials = door.isForeign(context.headers)
    ? { cookie: undefined, authorization: authorization ?? '', address: context.ip }
    : { cookie, authorization, address: context.ip }
  const identity = identify(credentials)
  const gone = new AbortController()
  context.res.once('close', () => gone.abort())
  const caller: Caller | undefined = identity && callerOf(identity, '', context.ip, gone.signal)
  if (route.role === 'anybody') {
    await route.handle(context, caller)
    return
  }
  const what = `${route.method.toUpperCase()} ${context.path}`
  requireRole(caller, route.role, what)
  const params = context['params'] as Record<string, string | undefined>
  requireDevice(caller.scope, route.device === undefined ? undefined : params[route.device], what)
  const { role } = route
  const stands = (): boolean => {
    const now = identify(credentials)
    return now?.key === caller.key && satisfies(now.role, role)
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

function invalidBody(error: Error): never {
  throw new BenchError('input.invalid', `the request's body is not JSON that can be read: ${error.message}`)
}
