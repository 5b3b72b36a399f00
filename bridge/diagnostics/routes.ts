import type { Route } from '../server/route.ts'
import type { Diagnostics } from './diagnostics.ts'
import { Metrics } from './metrics.ts'

/** `GET /api/diagnostics`, and `GET /metrics` for Prometheus. */
export function diagnosticsRoutes(diagnostics: Diagnostics): Route[] {
  const metrics = new Metrics()
  return [
    {
      method: 'get',
      path: '/api/diagnostics',
      role: 'viewer',
      handle: (context) => {
        context.set('Cache-Control', 'no-store')
        context.body = diagnostics.read()
      },
    },
    {
      method: 'get',
      path: '/metrics',
      role: 'viewer',
      handle: async (context) => {
        const text = await metrics.text(diagnostics.read())
        context.type = metrics.contentType
        context.set('Cache-Control', 'no-store')
        context.body = text
      },
    },
  ]
}
