import { createReadStream } from 'node:fs'
import { z } from 'zod'
import type { Route } from '../server/route.ts'
import type { Ctp10Api } from './api.ts'
import { ApiError } from './api-error.ts'
import { apiRoute } from './api-route.ts'

const CONNECT_MS = 10_000
/** That API's names of the lower bits of the condition register. */
const BITS = [
  'zeroing',
  'calibrating',
  'scanning',
  'analyzing',
  'aborting',
  'armed',
  'referencing',
  'quick_referencing',
]

/** A VISA name as the same instrument's others can be told from: case and the board's number 0 mean nothing. */
function plain(name: string): string {
  return name.toUpperCase().replace(/^TCPIP0?::/, 'TCPIP::')
}

/** `GET /`, `/health` and `/connection`. `page` is the file that browsers get at the root. */
export function connectionRoutes(api: Ctp10Api, version: string, page: string): Route[] {
  const status = () => {
    const { identity, resource } = api.state
    return {
      connected: api.connected,
      instrument_id: api.connected && identity ? Object.values(identity).join(',') : null,
      address: resource ?? '',
    }
  }
  return [
    {
      method: 'get',
      path: '/',
      role: 'anybody',
      handle: (context) => {
        if (context.accepts('json', 'html') === 'html') {
          context.type = 'html'
          context.body = createReadStream(page)
        } else {
          context.body = { service: 'EXFO CTP10 Vector Analyzer API', version, status: 'running' }
        }
      },
    },
    {
      method: 'get',
      path: '/health',
      role: 'anybody',
      handle: (context) => {
        context.body = { status: 'healthy', connected: api.connected, timestamp: new Date().toISOString() }
      },
    },
    apiRoute(api, { method: 'get', path: '/connection/status', always: true, handle: status }),
    apiRoute(api, {
      method: 'post',
      path: '/connection/connect',
      always: true,
      body: z.object({
        address: z.string().nullish(),
        timeout_ms: z.number().int().min(1000).max(300_000).nullish(),
      }),
      handle: async ({ body }, caller) => {
        const { resource } = api.state
        if (body.address != null && resource !== undefined && plain(body.address) !== plain(resource)) {
          const detail = `Failed to connect to CTP10: this bench's instrument is ${resource}; its address is set in bench.yaml`
          throw new ApiError(500, detail)
        }
        api.attach(true)
        await api.whileOpening(body.timeout_ms ?? CONNECT_MS, caller)
        const { phase, reason } = api.state.lifecycle
        if (!api.connected) {
          throw new ApiError(500, `Failed to connect to CTP10: it is ${phase}${reason ? `: ${reason}` : ''}`)
        }
        return status()
      },
    }),
    apiRoute(api, {
      method: 'post',
      path: '/connection/disconnect',
      always: true,
      handle: async (_, caller) => {
        // The bench keeps its instrument: this API's clients let go of it, and of the right to act.
        if (api.connected) {
          await api.takeLease(caller)
          api.attach(false)
          await api.ask('lease.release', caller)
        }
        return { success: true, message: 'Disconnected successfully' }
      },
    }),
    apiRoute(api, {
      method: 'get',
      path: '/connection/condition',
      handle: () => ({
        register_value: api.register,
        is_idle: api.register === 0,
        bits: Object.fromEntries(BITS.map((name, bit) => [name, (api.register & (1 << bit)) !== 0])),
      }),
    }),
    apiRoute(api, {
      method: 'post',
      path: '/connection/check_errors',
      handle: async (_, caller) => {
        const errors = await api.call('ctp.errors', {}, caller)
        if (errors.length === 0) return { success: true, message: 'No errors found' }
        const said = errors.map(({ code, message }) => `${code}, "${message}"`).join('; ')
        throw new ApiError(500, `Error check failed or errors found: ${said}`)
      },
    }),
  ]
}
