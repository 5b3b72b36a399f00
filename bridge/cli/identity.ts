import { BenchError } from '../../shared/errors.ts'
import { withDeadline } from '../core/deadline.ts'
import { openResource, type WireOptions } from '../transport/resource.ts'
import type { Receiver, Transport } from '../transport/transport.ts'

const ENDS = { LF: '\n', 'CR LF': '\r\n', CR: '\r' } as const
const ROOM_BYTES = 4096
/** On a wire that marks no end, an answer is over when its line end is there and nothing comes behind it for this long. */
const QUIET_MS = 60

/** Who answered, and how it wants to be asked. */
export interface Identity {
  answer: string
  end: keyof typeof ENDS
}

/**
 * Asks *IDN?. On a raw socket it tries the usual terminators, each on a connection of its own. Rejects with
 * `connection.lost` when nobody is there, `device.timeout` when nobody answers.
 */
export async function askIdentity(resource: string, options: WireOptions, ms: number): Promise<Identity> {
  const ends = resource.endsWith('::SOCKET') ? (['LF', 'CR LF', 'CR'] as const) : (['LF'] as const)
  for (const end of ends) {
    const answer = await ask(resource, options, ENDS[end], ms)
    if (answer !== undefined) return { answer, end }
  }
  const tried = ends.length > 1 ? ` with any of ${ends.join(', ')} at the end` : ''
  const message =
    `${resource} takes the connection, but did not answer *IDN? within ${ms / 1000} s${tried}: is it the right port, ` +
    'does the instrument speak SCPI, and has no other program the line?'
  throw new BenchError('device.timeout', message)
}

/** The answer on a connection of its own, or undefined when none came in time. */
async function ask(
  resource: string,
  options: WireOptions,
  end: string,
  ms: number,
): Promise<string | undefined> {
  const over = new AbortController()
  const listening = new Listening()
  let transport: Transport | undefined
  try {
    const opening = openResource(resource, options)(listening, over.signal)
    transport = await withDeadline(opening, ms, `connecting to ${resource}`)
    listening.marksEnd = transport.marksEnd
    // A transport ends a message with what it is given; only a raw socket cares what that is.
    transport.write(`*IDN?${end}`)
    transport.expectAnswer?.()
    return await withDeadline(listening.answer, ms, '*IDN?')
  } catch (error) {
    if (transport && error instanceof BenchError && error.code === 'device.timeout') return undefined
    throw error
  } finally {
    over.abort()
    transport?.close()
  }
}

/** One line of answer, whatever it ends with. */
class Listening implements Receiver {
  readonly #room = new Uint8Array(ROOM_BYTES)
  readonly #answer = Promise.withResolvers<string>()
  #filled = 0
  #quiet: NodeJS.Timeout | undefined
  marksEnd = false

  constructor() {
    // Nobody may be waiting any more when the connection ends.
    this.#answer.promise.catch(() => {})
  }

  get answer(): Promise<string> {
    return this.#answer.promise
  }

  space(): Uint8Array {
    // An identity is 72 characters at most (IEEE 488.2 section 10.14): more is something else, and is written over.
    if (this.#filled === this.#room.length) this.#filled = 0
    return this.#room.subarray(this.#filled)
  }

  received(count: number, end: boolean): void {
    this.#filled += count
    clearTimeout(this.#quiet)
    const text = Buffer.from(this.#room.subarray(0, this.#filled)).toString('latin1')
    if (end || (!this.marksEnd && /[\r\n]\s*$/.test(text))) {
      this.#quiet = setTimeout(() => this.#answer.resolve(text.trim()), end ? 0 : QUIET_MS)
    }
  }

  closed(error: BenchError): void {
    clearTimeout(this.#quiet)
    this.#answer.reject(error)
  }

  failed(error: BenchError): void {
    this.closed(error)
  }
}
