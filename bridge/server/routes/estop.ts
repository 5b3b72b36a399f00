import type { Commands } from '../call.ts'
import { httpStatus } from '../http.ts'
import type { Route } from '../route.ts'

/** `GET /api/estop/ticket`: for scripts, which keep it for the time when the bridge does not answer. */
export function estopTicketRoute(doors: Commands): Route {
  return {
    method: 'get',
    path: '/api/estop/ticket',
    role: 'known',
    handle: async (context, caller) => {
      const result = await doors.call('estop.ticket', {}, caller)
      context.status = result.ok ? 200 : httpStatus(result.error.code)
      context.body = result
    },
  }
}

/** `POST /api/estop`: the emergency stop by a path that is easily remembered, for pages whose socket is gone and for scripts. */
export function estopRoute(doors: Commands): Route {
  return {
    method: 'post',
    path: '/api/estop',
    role: 'known',
    handle: async (context, caller) => {
      const result = await doors.call(
        'estop.press',
        (context.request as { body?: unknown }).body ?? {},
        caller,
      )
      context.status = result.ok ? 200 : httpStatus(result.error.code)
      context.body = result
    },
  }
}
