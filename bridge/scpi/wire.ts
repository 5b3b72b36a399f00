import { BenchError } from '../../shared/errors.ts'
import type { Transport } from '../transport/transport.ts'
import { type AnswerReader, type BlockWanted } from './answer.ts'
import { parseScpiError, type ScpiError } from './errors.ts'

const LINE_DEADLINE_MS = 3000
const MOST_LINE_BYTES = 1 << 20
const MOST_BLOCK_BYTES = 256 << 20
/** A transfer may be long, but not silent. */
const BLOCK_SILENCE_MS = 5000
/** An instrument whose queue never empties is answering nonsense. */
const MOST_QUEUED_ERRORS = 64

/** Limits of one exchange. */
export interface ExchangeOptions {
  /** For an answer to be complete; for a block, for one byte to follow another. */
  deadlineMs?: number
  signal?: AbortSignal | undefined
  mostBytes?: number
}

/** What a job does while it has the line: one exchange at a time, each with its end in time. */
export class Wire {
  readonly #device: string
  readonly #transport: Transport
  readonly #reader: AnswerReader

  constructor(device: string, transport: Transport, reader: AnswerReader) {
    this.#device = device
    this.#transport = transport
    this.#reader = reader
  }

  /** Sends a message that has no answer. */
  write(text: string): void {
    this.#transport.write(`${text}\n`)
  }

  /** Sends a query and gives its answer, one line. Rejects with `device.timeout`, `connection.lost`, `aborted` or `scpi.block`. */
  query(text: string, options: ExchangeOptions = {}): Promise<string> {
    const answer = this.#reader.line(options.mostBytes ?? MOST_LINE_BYTES)
    return this.#exchange(text, answer, options, LINE_DEADLINE_MS).answer
  }

  /** A query answered by a number. Throws `scpi.error` when the answer is none; 9.91E37 is not a number (SCPI-1999 volume 1 section 7.2.1.5). */
  async number(text: string, options: ExchangeOptions = {}): Promise<number> {
    const answer = await this.query(text, options)
    const value = Number(answer)
    if (answer.trim() === '' || Number.isNaN(value)) {
      throw new BenchError(
        'scpi.error',
        `${this.#device} answered "${answer}" to ${text}, where a number should be`,
        {
          device: this.#device,
        },
      )
    }
    if (value === 9.91e37) return NaN
    return Math.abs(value) === 9.9e37 ? Math.sign(value) * Infinity : value
  }

  /** A query answered by a definite-length block, received in the buffer that `wanted.into` gives for its length in bytes. */
  block(text: string, wanted: BlockWanted, options: ExchangeOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    let alive = (): void => {}
    const watched: BlockWanted = {
      into: wanted.into,
      progress: (bytes, of) => {
        alive()
        wanted.progress?.(bytes, of)
      },
    }
    const answer = this.#reader.block(watched, options.mostBytes ?? MOST_BLOCK_BYTES)
    const exchange = this.#exchange(text, answer, options, BLOCK_SILENCE_MS)
    alive = exchange.alive
    return exchange.answer
  }

  /** Sends a command and asks what the instrument says of it. Throws `scpi.error` with the instrument's own words. */
  async command(text: string, options: ExchangeOptions = {}): Promise<void> {
    this.write(text)
    const errors = await this.drainErrors(options)
    if (errors.length === 0) return
    const said = errors.map((error) => `${error.code} "${error.message}"`).join(', ')
    throw new BenchError('scpi.error', `${this.#device} answered ${said} to ${text}`, {
      device: this.#device,
      cause: errors,
    })
  }

  /** Empties the error queue, oldest first (SCPI-1999 volume 2 section 21.8.8). */
  async drainErrors(options: ExchangeOptions = {}): Promise<ScpiError[]> {
    const errors: ScpiError[] = []
    while (errors.length < MOST_QUEUED_ERRORS) {
      const error = parseScpiError(await this.query(':SYST:ERR?', options))
      if (!error) break
      errors.push(error)
    }
    return errors
  }

  #exchange<T>(
    text: string,
    answer: Promise<T>,
    options: ExchangeOptions,
    usualMs: number,
  ): { answer: Promise<T>; alive: () => void } {
    const ms = options.deadlineMs ?? usualMs
    const timer = setTimeout(() => {
      const message = `${this.#device} (${this.#transport.peer}) did not answer ${text} within ${ms} ms`
      this.#reader.giveUp(new BenchError('device.timeout', message, { device: this.#device }))
    }, ms)
    const { signal } = options
    const giveUp = (): void => {
      this.#reader.giveUp(
        new BenchError('aborted', `${text} was given up`, { device: this.#device, cause: signal?.reason }),
      )
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    if (signal?.aborted) giveUp()
    else {
      this.write(text)
      this.#transport.expectAnswer?.()
    }
    const over = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
    answer.then(over, over)
    return { answer, alive: () => timer.refresh() }
  }
}
