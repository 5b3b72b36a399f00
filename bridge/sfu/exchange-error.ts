import { BenchError, type ErrorCode } from '../../shared/wire/errors.ts'

/** Why an exchange over HTTP (WHIP, WHEP) is refused, with the status that its standard wants. */
export class ExchangeError extends BenchError {
  readonly status: number

  constructor(status: number, code: ErrorCode, message: string, device?: string) {
    super(code, message, { device })
    this.status = status
  }
}
