import type { IncomingMessage, ServerResponse } from 'node:http'
import { findCommand } from '../../shared/commands.ts'
import { BenchError, type ErrorCode, type Failure } from '../../shared/wire/errors.ts'
import { guarded } from '../core/guarded.ts'
import type { Logger } from '../core/log.ts'
import { networkOf } from '../core/network.ts'
import type { TrustedProxies } from '../core/trusted-proxies.ts'
import { Budget } from './budget.ts'
import type { Connections } from './connections.ts'
import type { KnownAddresses } from './known-addresses.ts'
import type { Door } from './origin.ts'
import type { Refusals } from './refusals.ts'
import type { Route } from './route.ts'
import { isExchange } from './routes/exchange-paths.ts'
import { type Credentials, forwardedBy, type Identify, type Identity } from './who.ts'

/** What is read of the body of somebody whom the bridge does not know: a sign-in is some hundred bytes. */
const MOST_STRANGER_BODY_BYTES = 4096
/** The same of others, but for routes that declare more. */
export const MOST_BODY_BYTES = 256 * 1024
/** Refusals to strangers from one network, and to all of them; they cost little. */
const REFUSALS = { perS: 50, burst: 1000 }
const ALL_REFUSALS = { perS: 300, burst: 2000 }
/** Requests of strangers that are answered, and connections they begin: a page that is loaded makes some 40. */
const ANSWERS = { perS: 100, burst: 400 }
const ALL_ANSWERS = { perS: 400, burst: 1000 }
/** Requests of one session or token: those beyond wait, but for what makes safe. */
const PEOPLE = { perS: 200, burst: 600 }
const ALL = 'all'
/** Requests of strangers that are being answered, from one network and in all; refusals take no place. */
const MOST_ANSWERED_HERE = 32
const MOST_ANSWERED = 128
/** So long a request waits that comes too often; whoever sends one after the other is slowed down by it. */
const WAIT_MS = 1000
/** How much of a path an answer repeats. */
const LONGEST_WHAT = 100

/** Who has sent a request, as its headers show. */
export interface Visitor {
  /** Theirs, and not that of a proxy of ours. */
  address: string
  credentials: Credentials
  /** Undefined for somebody whom the bridge does not know. */
  identity: Identity | undefined
}

interface GateOptions {
  door: Door
  identify: Identify
  proxies: TrustedProxies
  connections: Connections
  known: KnownAddresses
  refusals: Pick<Refusals, 'count'>
  /** The route that a request is for; undefined for a file of the page. */
  routeOf: (method: string, path: string) => Route | undefined
  log: Logger
}

/**
 * Finds out who sends a request before any of it but its headers is read, and answers here what strangers may not ask:
 * that costs little, is counted, and is held back where it comes too often.
 */
export class RequestGate {
  readonly #options: GateOptions
  readonly #answers = [new Budget(ANSWERS), new Budget(ALL_ANSWERS)] as const
  readonly #refusals = [new Budget(REFUSALS), new Budget(ALL_REFUSALS)] as const
  readonly #people = new Budget(PEOPLE)
  readonly #answered = new Map<string, number>()
  readonly #waiting = new WeakSet<object>()
  #answeredInAll = 0

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** The address of whoever sent a request. */
  addressOf(request: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    return this.#options.proxies.addressOf(request)
  }

  /** Answers who sent it; undefined for a request that was answered here. */
  admit(request: IncomingMessage, response: ServerResponse): Visitor | undefined {
    const address = this.addressOf(request)
    try {
      const visitor = this.#visitor(request, address)
      if (visitor.identity) {
        const { via, key } = visitor.identity
        this.identified(request, visitor.identity, address)
        if (!this.#people.spend(`${via} ${key}`) && !neverWaits(request)) {
          this.#answerLater(request, response, 429, tooMany('you'))
          return undefined
        }
        const bytes = Number(request.headers['content-length'] ?? 0)
        const most = bytes > MOST_BODY_BYTES ? this.#mostBytes(request) : MOST_BODY_BYTES
        if (bytes <= most) return visitor
        send(request, response, 413, tooLong(`the body is longer than ${most} bytes`))
        return undefined
      }
      return this.#admitStranger(request, response, address) ? visitor : undefined
    } catch (error) {
      if (error instanceof BenchError)
        this.#refuse(request, response, address, { status: 403, error: error.toFailure() })
      else {
        this.#options.log.error({ error }, 'a request could not be let in for a reason nobody foresaw')
        const message = 'the request failed inside the bridge: its log has the details'
        send(request, response, 500, { code: 'internal', message })
      }
      return undefined
    }
  }

  /** Somebody has shown who they are: their connection keeps its place, and so does their address. */
  identified(request: Pick<IncomingMessage, 'socket'>, { via }: Identity, address: string): void {
    this.#options.connections.identified(request.socket)
    if (via !== 'local') this.#options.known.note(address)
  }

  /** Whether one more connection that stays may be begun by somebody who has not shown who they are. */
  mayBegin(address: string): boolean {
    return spend(this.#answers, address)
  }

  /** Counts what was refused to somebody whom the bridge does not know. */
  refused(address: string, what: string, code: ErrorCode): void {
    this.#options.refusals.count(address, what, code)
  }

  #visitor({ url = '/', headers }: IncomingMessage, address: string): Visitor {
    const { door, identify } = this.#options
    const { cookie, authorization } = headers
    if (isExchange(pathOf(url))) door.requireName(headers)
    else door.require(headers)
    // A foreign page may use a token that it was given, but not whom this browser or this machine happens to be.
    const isForeign = door.isForeign(headers)
    const credentials: Credentials = {
      ...forwardedBy(headers),
      cookie: isForeign ? undefined : cookie,
      authorization: isForeign ? (authorization ?? '') : authorization,
      address,
    }
    return { address, credentials, identity: identify(credentials) }
  }

  #admitStranger(request: IncomingMessage, response: ServerResponse, address: string): boolean {
    const { method = 'GET', url = '/', headers } = request
    const path = pathOf(url)
    const route = this.#options.routeOf(method, path)
    if (route && route.role !== 'anybody') {
      this.#refuse(request, response, address, { status: 401, error: unknown(`${method} ${path}`) })
      return false
    }
    const bytes = Number(headers['content-length'] ?? 0)
    if (headers['transfer-encoding'] !== undefined || bytes > MOST_STRANGER_BODY_BYTES) {
      const isLong = bytes > MOST_STRANGER_BODY_BYTES
      const error = tooLong(
        isLong
          ? `the body is longer than ${MOST_STRANGER_BODY_BYTES} bytes: sign in to send more`
          : 'the request does not say how long its body is: send Content-Length, or sign in',
      )
      this.#refuse(request, response, address, { status: isLong ? 413 : 411, error })
      return false
    }
    const network = networkOf(address)
    const here = this.#answered.get(network) ?? 0
    const isFull = here >= MOST_ANSWERED_HERE || this.#answeredInAll >= MOST_ANSWERED
    if (isFull || !this.mayBegin(address)) {
      this.refused(address, `${method} ${path}`, 'calls.exceeded')
      this.#answerLater(request, response, 429, tooMany('this address'))
      return false
    }
    this.#answered.set(network, here + 1)
    this.#answeredInAll += 1
    this.#options.connections.began(request.socket)
    response.once('close', () => {
      const left = (this.#answered.get(network) ?? 1) - 1
      if (left > 0) this.#answered.set(network, left)
      else this.#answered.delete(network)
      this.#answeredInAll -= 1
      this.#options.connections.ended(request.socket)
    })
    return true
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    address: string,
    { status, error }: { status: number; error: Failure },
  ): void {
    const { method = 'GET', url = '/' } = request
    const path = pathOf(url)
    this.refused(address, commandOf(path) ?? `${method} ${path}`, error.code)
    if (!spend(this.#refusals, address)) this.#answerLater(request, response, 429, tooMany('this address'))
    // Whoever is answered at once opens the next connection at once, for another body.
    else if (hasBody(request)) this.#answerLater(request, response, status, error)
    else send(request, response, status, error)
  }

  /** The connection is idle meanwhile, and gives way to others. One that asks for more at the same time is ended. */
  #answerLater(request: IncomingMessage, response: ServerResponse, status: number, error: Failure): void {
    const { socket } = request
    // Nothing of a body is read while it waits.
    if (hasBody(request)) socket.pause()
    if (this.#waiting.has(socket)) {
      socket.destroy()
      return
    }
    this.#waiting.add(socket)
    const answer = (): void => {
      this.#waiting.delete(socket)
      if (!socket.destroyed) send(request, response, status, error)
    }
    setTimeout(
      guarded(this.#options.log, 'an answer that was held back', answer, () => socket.destroy()),
      WAIT_MS,
    )
  }

  #mostBytes({ method = 'GET', url = '/' }: IncomingMessage): number {
    return this.#options.routeOf(method, pathOf(url))?.upload ?? MOST_BODY_BYTES
  }
}

function spend([ofNetwork, ofAll]: readonly [Budget, Budget], address: string): boolean {
  return ofNetwork.spend(networkOf(address)) && ofAll.spend(ALL)
}

/** Answers without the rest of the request's being read: what is still to come of a body ends with the connection. */
function send(request: IncomingMessage, response: ServerResponse, status: number, error: Failure): void {
  const body = JSON.stringify({ ok: false, error })
  const isOfExchange = isExchange(pathOf(request.url ?? '/'))
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 429 ? { 'Retry-After': '1' } : {}),
    ...(hasBody(request) ? { Connection: 'close' } : {}),
    ...(isOfExchange ? { 'Access-Control-Allow-Origin': '*' } : {}),
    ...(isOfExchange && status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
  })
  response.end(body)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length'] ?? 0) > MOST_STRANGER_BODY_BYTES
  )
}

function commandOf(path: string): string | undefined {
  return /^\/api\/commands\/([\w.]+)$/.exec(path)?.[1]
}

/** A stop never waits behind anything, nor does what watches over the bridge. */
function neverWaits({ url = '/' }: IncomingMessage): boolean {
  const path = pathOf(url)
  return path === '/api/estop' || path === '/health' || findCommand(commandOf(path) ?? '')?.safe === true
}

/** Without the query; of an absolute target (RFC 9112 section 3.2.2) its path. */
function pathOf(url: string): string {
  const [path = '/'] = url.split('?', 1)
  return path.startsWith('/') ? path : (URL.parse(path)?.pathname ?? '/')
}

// Not errors, whose stack would be most of what a refusal costs.
function unknown(what: string): Failure {
  const message = `${what.slice(0, LONGEST_WHAT)} is for those who have signed in: sign in, or send a token`
  return { code: 'session.required', message }
}

function tooLong(message: string): Failure {
  return { code: 'input.invalid', message }
}

function tooMany(from: string): Failure {
  const message = `too many requests from ${from}: wait, and make fewer a second`
  return { code: 'calls.exceeded', message }
}
