import type Router from '@koa/router'
import type { TraceStore } from '../../store/traces.ts'

/** `GET /api/traces/<id>.npy`: the samples, from disk as they are sent. A trace never changes, so a browser may keep it. */
export function traceRoutes(traces: TraceStore): (router: Router) => void {
  return (router) => {
    router.get('/api/traces/:file', async (context) => {
      const file = context.params['file'] ?? ''
      const { bytes, body } = await traces.samples(file.replace(/\.npy$/, ''))
      context.type = 'application/octet-stream'
      context.length = bytes
      context.set('Cache-Control', 'private, max-age=31536000, immutable')
      context.body = body
    })
  }
}
