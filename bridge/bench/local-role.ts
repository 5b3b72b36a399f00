import type { Role } from '../../shared/access/access.ts'
import type { BenchConfig } from './config.ts'
import { isLoopback } from '../core/loopback.ts'

/** What whoever sits at this machine may do; undefined where they have to sign in. */
export function localRoleOf({ host, localRole, trustedProxies }: BenchConfig['server']): Role | undefined {
  // Through a proxy everybody comes from loopback.
  return isLoopback(host) && trustedProxies.length === 0 && localRole !== 'none' ? localRole : undefined
}
