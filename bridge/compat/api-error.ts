import type { z } from 'zod'
import type { ErrorCode } from '../../shared/wire/errors.ts'
import { BenchError } from '../../shared/wire/errors.ts'

/** A refusal as exfo-ctp10-api words it: a status, and `{ detail }`. */
export class ApiError extends Error {
  readonly status: number
  readonly detail: unknown

  constructor(status: number, detail: unknown) {
    super(typeof detail === 'string' ? detail : `status ${status}`)
    this.status = status
    this.detail = detail
  }
}

/** What a schema found wrong, in FastAPI's words. */
export function invalid(where: 'path' | 'query' | 'body', error: z.ZodError): ApiError {
  const detail = error.issues.map(({ code, path, message }) => ({
    type: code,
    loc: [where, ...path.map(String)],
    msg: message,
  }))
  return new ApiError(422, detail)
}

/** That API knows few statuses: what the instrument says is 500. What Lightbench adds to it keeps its own. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  'session.required': 401,
  'role.required': 403,
  'scope.exceeded': 403,
  'input.invalid': 422,
  'device.busy': 409,
  'device.faulted': 503,
  'connection.lost': 503,
  'estop.latched': 409,
  'heartbeat.lost': 409,
  'interlock.open': 409,
  'lease.held': 409,
  'lease.required': 409,
  'calls.exceeded': 429,
  'device.timeout': 504,
}

/** The status and body of a failure; undefined for one that nobody foresaw. */
export function refusal(error: unknown): { status: number; body: object } | undefined {
  if (error instanceof ApiError) return { status: error.status, body: { detail: error.detail } }
  if (!(error instanceof BenchError)) return undefined
  const body = { detail: error.message, error: error.toFailure() }
  return { status: STATUS[error.code] ?? 500, body }
}
