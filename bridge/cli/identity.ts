import { BenchError } from '../../shared/wire/errors.ts'
import { withDeadline } from '../core/deadline.ts'
import { openResource, type WireOptions } from '../transport/resource.ts'
import type { Receiver, Transport } from '../transport/transport.ts'

const ENDS = { LF: '\n', 'CR LF': '\r\n', CR: '\r' } as const
/** A serial line ends its messages itself, as it is set. */
const SEND_ENDS = { LF: 'lf', 'CR LF': 'crlf', CR: 'cr' } as const
const ROOM_BYTES = 4096
/** On a wire that marks no end, an answer is over when its line end is there and nothing comes behind it for this long. */
const QUIET_MS = 60

/** Who answered, and how it wants to be asked. */
export interface Identity {
  answer: string
  end: keyof typeof ENDS
  /** Its answer ended in CR without an LF: serial.receiveEnd has to say so. */
  answersInCr: boolean
}

/**
 * Asks *IDN?. On a raw socket and a serial line it tries the usual terminators, each on a connection of its own. Rejects with
 * `connection.lost` when nobody is there, `device.timeout` when nobody answers.
 */
export async function askIdentity(resource: string, options: WireOptions, ms: number): Promise<Identity> {
  const serial = resource.startsWith('ASRL')
  const several = serial || resource.endsWith('::SOCKET')
  const ends = several ? (['LF', 'CR LF', 'CR'] as const) : (['LF'] as const)
  for (const end of ends) {
    const set = serial ? { ...options, serial: { ...options.serial, sendEnd: SEND_ENDS[end] } } : options
    // What an earlier try has left in a serial instrument is ended first: it is no part of this one.
    const before = serial && end !== 'LF' ? ENDS.LF : ''
    const answer = await ask(resource, set, serial ? ENDS.LF : ENDS[end], ms, before)
    if (answer !== undefined)
      return { answer: answer.trim(), end, answersInCr: answer.trimEnd() + '\r' === answer }
  }
  const tried = ends.length > 1 ? ` with any of ${ends.join(', ')} at the end` : ''
  const message =
    `${resource} takes the connection, but did not answer *IDN? within ${ms / 1000} s${tried}: is it the right port, ` +
    'does the instrument speak SCPI, and has no other program the line?'
  throw new BenchError('device.timeout', message)
}

/**
 * Whether an instrument on a raw socket answers on two connections at once: then its guardian may keep one. Never rejects.
 */
export async function servesTwo(
  resource: string,
  options: WireOptions,
  { end }: Identity,
  ms: number,
): Promise<boolean> {
  const over = new AbortController()
  const first = new Listening()
  try {
    const opening = openResource(resource, options)(first, over.signal)
    using held = holding(await withDeadline(opening, ms, `connecting to ${resource}`))
    if ((await ask(resource, options, ENDS[end], ms)) === undefined) return false
    held.transport.write(`*IDN?${ENDS[end]}`)
    return (await withDeadline(first.answer, ms, '*IDN?')) !== ''
  } catch {
    return false
  } finally {
    over.abort()
  }
}

function holding(transport: Transport): Disposable & { transport: Transport } {
  return { transport, [Symbol.dispose]: () => transport.close() }
}

/** The answer on a connection of its own, its end mark included, or undefined when none came in time. */
async function ask(
  resource: string,
  options: WireOptions,
  end: string,
  ms: number,
  before = '',
): Promise<string | undefined> {
  const over = new AbortController()
  const listening = new Listening()
  let transport: Transport | undefined
  try {
    const opening = openResource(resource, options)(listening, over.signal)
    transport = await withDeadline(opening, ms, `connecting to ${resource}`)
    listening.marksEnd = transport.marksEnd
    if (before !== '') transport.write(before)
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
      this.#quiet = setTimeout(() => this.#answer.resolve(text), end ? 0 : QUIET_MS)
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
