import type Router from '@koa/router'
import type { BenchState } from '../../../shared/bench.ts'
import type { Topic } from '../../core/topic.ts'

/** `GET /health`: from what is known already, so that no instrument can hold it up. */
export function healthRoute(bench: Topic<BenchState>): (router: Router) => void {
  return (router) => {
    router.get('/health', (context) => {
      const { version, startedAt, devices } = bench.value
      context.body = {
        status: 'ok',
        version,
        uptimeS: Math.round((Date.now() - startedAt) / 1000),
        devices: Object.fromEntries(Object.values(devices).map(({ id, lifecycle }) => [id, lifecycle.phase])),
      }
    })
  }
}
