import { hostname, networkInterfaces } from 'node:os'
import { isLoopback } from '../core/loopback.ts'

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1']

/** Names under which a bridge that listens on `host` may be asked for. */
export function ownNames(host: string): string[] {
  if (isLoopback(host)) return LOOPBACK_NAMES
  const addresses = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map(({ address }) => address),
  )
  return [...LOOPBACK_NAMES, host, hostname(), `${hostname()}.local`, ...addresses]
}
