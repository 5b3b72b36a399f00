import { BenchError } from '../../../shared/wire/errors.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { Header } from './message.ts'

/** More answers owed than this means that none comes. */
const MOST_OWED = 64

export interface Reply {
  header: Header
  payload: Buffer
}

interface Owed {
  type: number
  resolve: (reply: Reply) => void
  reject: (error: BenchError) => void
}

/**
 * Who waits for which message on a channel. One that was given up still takes its answer when it comes, so that a late
 * answer is never the next question's.
 */
export class Replies {
  readonly #owed: Owed[] = []
  #over: BenchError | undefined

  /** The next message of that type that nobody has waited for before. Rejects with `device.timeout`, `aborted`, `connection.lost` or `device.busy`. */
  expect(type: number, what: string, ms: number, signal: AbortSignal): Promise<Reply> {
    if (this.#over) return Promise.reject(this.#over)
    if (this.#owed.length >= MOST_OWED)
      return Promise.reject(new BenchError('device.busy', `${what}: ${MOST_OWED} answers are owed already`))
    const reply = new Promise<Reply>((resolve, reject) => this.#owed.push({ type, resolve, reject }))
    return withDeadline(reply, ms, what, { signal })
  }

  /** Gives a message to who waits for it longest. */
  take(header: Header, payload: Buffer): void {
    const index = this.#owed.findIndex(({ type }) => type === header.type)
    // The payload is a view of the channel's room, which the next message overwrites.
    this.#owed.splice(index, index < 0 ? 0 : 1)[0]?.resolve({ header, payload: Buffer.from(payload) })
  }

  /** The instrument refused what was asked first. Answers false when nobody waits. */
  refuse(error: BenchError): boolean {
    const first = this.#owed.shift()
    first?.reject(error)
    return first !== undefined
  }

  /** Nobody gets an answer any more. */
  end(error: BenchError): void {
    this.#over ??= error
    for (const { reject } of this.#owed.splice(0)) reject(error)
  }
}
