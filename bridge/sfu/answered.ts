import { BenchError } from '../../shared/wire/errors.ts'
import { withStartDeadline } from '../core/start-deadline.ts'

/** A worker answers within a millisecond. */
const ANSWER_MS = 5000

/**
 * What a worker of mediasoup was asked for: mediasoup itself waits for its answer for ever. Rejects with
 * `media.unavailable` after 5 s (on a busy machine later); a transport, a consumer or whatever comes after all is closed.
 */
export async function answered<T>(work: Promise<T>, what: string, ms = ANSWER_MS): Promise<T> {
  try {
    return await withStartDeadline(work, ms, `mediasoup's answer (${what})`, { late: close })
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'device.timeout') throw error
    throw new BenchError('media.unavailable', `${error.message}: try again in a moment`, { cause: error })
  }
}

function close(late: unknown): void {
  if (typeof late === 'object' && late !== null && 'close' in late && typeof late.close === 'function')
    (late.close as () => void).call(late)
}
