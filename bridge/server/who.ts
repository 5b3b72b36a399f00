import { createHash } from 'node:crypto'
import type { Scope } from '../../shared/access.ts'
import type { Caller } from '../core/device.ts'

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
}

/** Who sent a request; undefined for nobody whom the bridge knows. Asked anew for each call: a role may have changed. */
export type Identify = (credentials: Credentials) => Identity | undefined

/** A call by somebody. `page` is the page's own random name; a script has none and is its token. */
export function callerOf(identity: Identity, page: string, address: string, signal: AbortSignal): Caller {
  const { name, role, via, key, scope } = identity
  const client = createHash('sha256').update(`${key}\n${page}`).digest('hex').slice(0, 12)
  return { name, role, via, key, client, scope, address, arrivedAt: performance.now(), signal }
}
