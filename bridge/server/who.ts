import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Scope } from '../../shared/access/access.ts'
import type { Caller } from '../device/device.ts'
import { isLoopback } from '../core/loopback.ts'

/** Somebody whom the bridge knows: by a session, by a token, or because they sit at its machine. */
export interface Identity {
  name: string
  role: Caller['role']
  via: Caller['via']
  /** The session or token, by a name that is no secret. */
  key: string
  scope?: Scope | undefined
}

/** What a request shows of who sent it. */
export interface Credentials {
  cookie: string | undefined
  authorization: string | undefined
  address: string
  /** A proxy says that somebody elsewhere has sent it: whoever that is, they do not sit at this machine. */
  isFromElsewhere?: boolean
}

/** What headers say of a way through proxies. Anybody may write them, so they only ever take something away. */
export function forwardedBy({ forwarded, 'x-forwarded-for': noted }: IncomingHttpHeaders): {
  isFromElsewhere: boolean
} {
  const addresses = noted === undefined ? [] : String(noted).split(',')
  const isElsewhere = addresses.some((address) => !isLoopback(address.trim()))
  return { isFromElsewhere: isElsewhere || (forwarded !== undefined && noted === undefined) }
}

/** Who sent a request; undefined for nobody whom the bridge knows. Asked anew for each call: a role may have changed. */
export type Identify = (credentials: Credentials) => Identity | undefined

/** Nobody outside can compute a client's id, nor choose a page name that gives somebody else's. */
const secret = randomBytes(32)

/**
 * A call by somebody. `page` is the page's own random name, by which it is the same client when it reconnects; a script
 * has none and is its session or token.
 */
export function callerOf(identity: Identity, page: string, address: string, signal: AbortSignal): Caller {
  const { name, role, via, key, scope } = identity
  const client = createHmac('sha256', secret).update(`${via}\n${key}\n${page}`).digest('hex')
  return { name, role, via, key, client, scope, address, arrivedAt: performance.now(), signal }
}
