import { createServer, type Server } from 'node:http'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa from 'koa'
import serve from 'koa-static'
import type { ErrorCode } from '../../shared/errors.ts'
import { BenchError } from '../../shared/errors.ts'
import type { Logger } from '../core/log.ts'

const STATUS: Partial<Record<ErrorCode, number>> = {
  'input.invalid': 400,
  'role.required': 403,
  'device.unknown': 404,
  'trace.unknown': 404,
  'device.unsupported': 404,
  'device.busy': 409,
  internal: 500,
  'device.timeout': 504,
}

/** The status of a failure over REST; what is not the caller's fault and not ours is the instrument's: 502. */
export function httpStatus(code: ErrorCode): number {
  return STATUS[code] ?? 502
}

/** An HTTP server with the page from `pageDir` and the given routes. It does not listen yet. */
export function createHttp(pageDir: string, routes: ((router: Router) => void)[], log: Logger): Server {
  const app = new Koa()
  app.silent = true
  app.on('error', (error: Error & { code?: string }) => {
    // A browser that leaves in the middle of an answer is no error of ours.
    if (
      error.code !== 'EPIPE' &&
      error.code !== 'ECONNRESET' &&
      error.code !== 'ERR_STREAM_PREMATURE_CLOSE'
    ) {
      log.error({ error }, 'an HTTP request failed')
    }
  })
  app.use(async (context, next) => {
    try {
      await next()
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      context.status = httpStatus(error.code)
      context.body = { ok: false, error: error.toFailure() }
    }
  })
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '256kb', onError: invalidBody }))
  const router = new Router()
  for (const add of routes) add(router)
  app.use(router.routes()).use(router.allowedMethods())
  app.use(serve(pageDir, { maxage: 0 }))
  const handle = app.callback()
  return createServer((request, response) => void handle(request, response))
}

function invalidBody(error: Error): never {
  throw new BenchError('input.invalid', `the request's body is not JSON that can be read: ${error.message}`)
}
