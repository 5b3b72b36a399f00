import type { TraceStore } from '../../store/traces.ts'
import { parameter, type Route } from '../route.ts'

/** `GET /api/traces/<id>.npy`: the samples, from disk as they are sent. A trace never changes, so a browser may keep it. */
export function traceRoute(traces: TraceStore): Route {
  return {
    method: 'get',
    path: '/api/traces/:file',
    role: 'viewer',
    handle: async (context) => {
      const id = parameter(context, 'file').replace(/\.npy$/, '')
      const { bytes, body } = await traces.samples(id)
      context.type = 'application/octet-stream'
      context.length = bytes
      context.set('Cache-Control', 'private, max-age=31536000, immutable')
      context.body = body
    },
  }
}
