import { readFile } from 'node:fs/promises'
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { guardianStopRequest, type GuardianStopAnswer } from '../../shared/guardian/guardian.ts'
import { monotonicMs } from '../core/clock.ts'
import { guarded } from '../core/guarded.ts'
import type { Logger } from '../core/log.ts'
import { isLoopback } from '../core/loopback.ts'
import { TrustedProxies } from '../core/trusted-proxies.ts'
import { type GuardianFacts, guardianPage } from './page.ts'
import { Places } from './places.ts'
import type { GuardianWeb } from './protocol.ts'
import { readTicket } from './ticket.ts'

const MOST_BODY_BYTES = 1024
/** A request is a few hundred bytes: who takes longer holds a place and nothing else. */
const REQUEST_MS = 3000
const IDLE_MS = 5000

interface PortOptions {
  key: Buffer
  facts: () => GuardianFacts
  isRevoked: (session: string) => boolean
  stop: (by: string, why: string) => Promise<GuardianStopAnswer>
  log: Logger
}

/** The guardian's own HTTP port: the stop, a page that says what it has done, and `/health`. */
export class GuardianPort implements Disposable {
  readonly #options: PortOptions
  readonly #places = new Places(() => performance.now())
  #server: Server | undefined
  #at = ''
  #web: GuardianWeb | undefined
  #proxies = new TrustedProxies([])

  constructor(options: PortOptions) {
    this.#options = options
  }

  /** Listens as the bridge says, anew only where that is something else. Rejects when the port is taken or the certificate cannot be read. */
  async listen(web: GuardianWeb): Promise<number> {
    const at = JSON.stringify(web)
    if (this.#server && at === this.#at) return (this.#server.address() as AddressInfo).port
    this.#server?.closeAllConnections()
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
    this.#web = web
    this.#proxies = new TrustedProxies(web.trustedProxies ?? [])
    const handle: RequestListener = (request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        this.#options.log.error({ error }, 'a request failed')
        answer(response, 500, { ok: false, error: { code: 'internal', message: 'the request failed' } })
      })
    }
    const server = web.tls
      ? createHttps({ cert: await readFile(web.tls.certificate), key: await readFile(web.tls.key) }, handle)
      : createHttp(handle)
    server.requestTimeout = REQUEST_MS
    server.headersTimeout = REQUEST_MS
    server.keepAliveTimeout = IDLE_MS
    server.maxHeadersCount = 64
    const accept = guarded(
      this.#options.log,
      'a connection',
      (socket: Socket) => {
        const { remoteAddress = '' } = socket
        const isProxy = this.#proxies.trusts(remoteAddress)
        // In clear a ticket is read by whoever is in between.
        const isInClear = !web.tls && this.#proxies.some && !isProxy && !isLoopback(remoteAddress)
        const leave = isInClear ? undefined : this.#places.take(remoteAddress, isProxy)
        if (!leave) {
          socket.destroy()
          return
        }
        socket.once('close', leave)
        socket.on('error', () => {})
      },
      (socket) => socket.destroy(),
    )
    server.on('connection', accept)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(web.port, web.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', (error) => this.#options.log.error({ error }, 'the port failed'))
    this.#server = server
    this.#at = at
    return (server.address() as AddressInfo).port
  }

  [Symbol.dispose](): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#crossOrigin(request, response)
    // Behind a proxy that keeps the path the same routes are found.
    const { pathname = '' } = URL.parse(request.url ?? '/', 'http://guardian') ?? {}
    const path = pathname.slice(
      pathname.startsWith(this.#web?.path ?? '') ? (this.#web?.path?.length ?? 0) : 0,
    )
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
    } else if (request.method === 'POST' && path === '/api/estop') {
      await this.#stop(request, response)
    } else if (request.method === 'GET' && path === '/health') {
      answer(response, 200, { ok: true, value: this.#options.facts() })
    } else if (request.method === 'GET' && (path === '/' || path === '')) {
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
        'x-frame-options': 'DENY',
      })
      response.end(guardianPage(this.#options.facts()))
    } else {
      answer(response, 404, {
        ok: false,
        error: { code: 'input.invalid', message: 'there is POST /api/estop, GET /health and GET /' },
      })
    }
  }

  async #stop(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = request.socket.remoteAddress ?? ''
    const body = await readBody(request)
    if (body === undefined) {
      response.setHeader('connection', 'close')
      answer(
        response,
        413,
        refused(`the body is longer than ${MOST_BODY_BYTES} bytes: send {"ticket": …, "why": …}`),
      )
      return
    }
    const parsed = guardianStopRequest.partial({ ticket: true }).safeParse(body)
    if (!parsed.success) {
      answer(
        response,
        400,
        refused('send {"ticket": …} as JSON; a ticket is given by GET /api/estop/ticket of the bridge'),
      )
      return
    }
    const { ticket, why = 'by the guardian’s port' } = parsed.data
    const content = ticket === undefined ? undefined : readTicket(this.#options.key, ticket, monotonicMs())
    const good = content && !this.#options.isRevoked(content.session)
    // Through a proxy on this machine everybody comes from it.
    const isLocal = ticket === undefined && !this.#proxies.some && isOfThisMachine(request)
    if (!good && !isLocal) {
      answer(response, 403, {
        ok: false,
        error: {
          code: 'session.required',
          message: 'this ticket is not good any more: sign in, and take a new one',
        },
      })
      return
    }
    this.#places.knows(address)
    answer(response, 200, {
      ok: true,
      value: await this.#options.stop(content?.name ?? 'somebody at this machine', why),
    })
  }

  /** Pages of the bridge's own host, on whichever port, and of the origins that bench.yaml names. */
  #crossOrigin(request: IncomingMessage, response: ServerResponse): void {
    const { origin, host = '' } = request.headers
    if (origin === undefined) return
    const known = this.#web?.origins.includes(origin) === true || hostOf(origin) === hostOf(`http://${host}`)
    if (!known) return
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-allow-headers', 'content-type')
    response.setHeader('access-control-allow-methods', 'POST, GET')
    response.setHeader('access-control-max-age', '3600')
    response.setHeader('vary', 'origin')
  }
}

/** Whoever sits at this machine may stop the bench; a page of another origin in their browser may not. */
function isOfThisMachine({ socket, headers }: IncomingMessage): boolean {
  if (!isLoopback(socket.remoteAddress ?? '') || headers['x-forwarded-for'] !== undefined) return false
  const { origin } = headers
  const own = origin === undefined || hostOf(origin) === hostOf(`http://${headers.host ?? ''}`)
  return own && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostOf(`http://${headers.host ?? ''}`) ?? '')
}

/** Undefined for what is over 1 kB, which is not read any further. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES) return undefined
  let text = ''
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk
    if (text.length > MOST_BODY_BYTES) return undefined
  }
  try {
    return JSON.parse(text === '' ? '{}' : text)
  } catch {
    return 'no JSON'
  }
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.hostname
}

const refused = (message: string): object => ({ ok: false, error: { code: 'input.invalid', message } })

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
