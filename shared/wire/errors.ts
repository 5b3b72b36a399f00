import { z } from 'zod'

/** Every way a request or a device can fail, as the code that crosses the wire. */
export const errorCode = z.enum([
  'aborted',
  'attempts.exceeded',
  'calls.exceeded',
  'camera.failed',
  'config.invalid',
  'connection.lost',
  'credentials.invalid',
  'device.busy',
  'device.faulted',
  'device.timeout',
  'device.unknown',
  'device.unsupported',
  'estop.latched',
  'factor.required',
  'guardian.lost',
  'heartbeat.lost',
  'input.invalid',
  'interlock.open',
  'internal',
  'laser.bounds',
  'laser.unready',
  'lease.held',
  'lease.required',
  'media.unavailable',
  'media.unknown',
  'origin.foreign',
  'proof.required',
  'role.required',
  'scope.exceeded',
  'scpi.block',
  'scpi.error',
  'secret.refused',
  'secret.unknown',
  'session.required',
  'storage.failed',
  'storage.full',
  'token.unknown',
  'trace.unknown',
  'turret.alarm',
  'turret.error',
  'turret.uncalibrated',
  'turret.unhomed',
  'user.exists',
  'user.unknown',
  'view.changed',
  'view.unknown',
  'watch.browser',
  'watch.changed',
  'watch.failed',
  'watch.unknown',
])
export type ErrorCode = z.infer<typeof errorCode>

/** What a failed call carries: a code for programs, a sentence for people, and the device it is about. */
export const failure = z.object({ code: errorCode, message: z.string(), device: z.string().optional() })
export type Failure = z.infer<typeof failure>

/** The answer to every call. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: Failure }

/** An error that may leave the house: its message says what happened, where, and what to do. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
  readonly code: ErrorCode
  readonly device: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { device?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.device = options.device
  }

  /** The wire form, without the cause: a cause may name what is nobody's business. */
  toFailure(): Failure {
    return {
      code: this.code,
      message: this.message,
      ...(this.device === undefined ? {} : { device: this.device }),
    }
  }
}

/** The value of an answer. Throws the BenchError that a failed one carries. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new BenchError(result.error.code, result.error.message, { device: result.error.device })
}

/** One line for each thing that a schema found wrong: `path: what`. */
export function explainIssues(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) => {
      const path = issue.path.join('.')
      if (issue.code !== 'unrecognized_keys') return `${path || '(root)'}: ${issue.message}`
      // Named as one would look for it, and cut: whoever sends nonsense may send much of it.
      return issue.keys
        .slice(0, 5)
        .map((key) => `${path && `${path}.`}${key.slice(0, 60)}: there is no such member: leave it out`)
    })
    .join('; ')
}
