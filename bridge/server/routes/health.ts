import type { BenchState } from '../../../shared/bench/bench.ts'
import type { Topic } from '../../core/topic.ts'
import type { Route } from '../route.ts'

/** `GET /health`: from what is known already, so that no instrument can hold it up. What is on the bench only those learn who may see it. */
export function healthRoute(bench: Topic<BenchState>): Route {
  return {
    method: 'get',
    path: '/health',
    role: 'anybody',
    handle: (context, caller) => {
      const { version, startedAt, devices } = bench.value
      const phases = Object.fromEntries(
        Object.values(devices).map(({ id, lifecycle }) => [id, lifecycle.phase]),
      )
      context.body = {
        status: 'ok',
        version,
        uptimeS: Math.round((Date.now() - startedAt) / 1000),
        ...(caller && !caller.scope?.devices ? { devices: phases } : {}),
      }
    },
  }
}
