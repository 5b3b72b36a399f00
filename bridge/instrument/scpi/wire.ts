import { BenchError } from '../../../shared/wire/errors.ts'
import { JOURNAL_TEXT, type JournalLane } from '../../../shared/instrument/journal.ts'
import { epochMsOf, monotonicMsOf } from '../../core/clock.ts'
import { Watch } from '../../core/deadline.ts'
import type { Transport } from '../../transport/transport.ts'
import { type AnswerReader, type BlockWanted } from './answer.ts'
import { type Asker, DRIVER } from './asker.ts'
import { parseScpiError, type ScpiError } from './errors.ts'
import type { Journal } from './journal.ts'
import { Passage } from './response.ts'

const LINE_DEADLINE_MS = 3000
const MOST_LINE_BYTES = 1 << 20
const MOST_BLOCK_BYTES = 256 << 20
/** A transfer may be long, but not silent. */
const BLOCK_SILENCE_MS = 5000
/** An instrument whose queue never empties is answering nonsense. */
const MOST_QUEUED_ERRORS = 64
/** What ends a block comes right behind it, or not at all. */
const AFTER_BLOCK_MS = 100

/** Limits of one exchange. */
export interface ExchangeOptions {
  /** For an answer to be complete; for a block, for one byte to follow another. */
  deadlineMs?: number
  signal?: AbortSignal | undefined
  mostBytes?: number
}

/** Whose job has the line, for the journal. */
interface Turn {
  lane: JournalLane
  asker: Asker
  waitMs: number
}

/** An answer as the journal has it. */
interface Told {
  answer: string
  bytes: number
}

/** What a job does while it has the line: one exchange at a time, each with its end in time. */
export class Wire {
  readonly #device: string
  readonly #transport: Transport
  readonly #reader: AnswerReader
  readonly #journal: Journal
  readonly #answered: (askedAt: number) => void
  readonly #watch = new Watch()
  #turn: Turn = { lane: 'control', asker: DRIVER, waitMs: 0 }

  /** `answered` is called with each answer, and told when it was asked for (performance.now()). */
  constructor(
    device: string,
    transport: Transport,
    reader: AnswerReader,
    journal: Journal,
    answered: (askedAt: number) => void,
  ) {
    this.#answered = answered
    this.#device = device
    this.#transport = transport
    this.#reader = reader
    this.#journal = journal
  }

  /** From here on the line is this job's. */
  begin(turn: Turn): void {
    this.#turn = turn
  }

  /** Sends a message that has no answer. */
  write(text: string): void {
    this.#transport.write(`${text}\n`)
    this.#note(text, performance.now(), {})
  }

  /** Sends a query and gives its answer, one line. Rejects with `device.timeout`, `connection.lost`, `aborted` or `scpi.block`. */
  query(text: string, options: ExchangeOptions = {}): Promise<string> {
    const answer = this.#reader.line(options.mostBytes ?? MOST_LINE_BYTES)
    return this.#exchange(text, answer, lineTold, options, LINE_DEADLINE_MS).answer
  }

  /**
   * Sends a message with a query in it and hands the answer on as it comes, whatever it is and however long, its end
   * mark included: `to` is given bytes that hold until it returns, and `last` with the end. Gives what there was of it.
   * Rejects as `query` does.
   */
  async pass(
    text: string,
    to: (bytes: Uint8Array, last: boolean) => void,
    options: ExchangeOptions = {},
  ): Promise<Passage> {
    let alive = (): void => {}
    let quiet: NodeJS.Timeout | undefined
    let head = ''
    const passage = new Passage((bytes, last) => {
      alive()
      clearTimeout(quiet)
      if (head.length < JOURNAL_TEXT) head += latin1(bytes, JOURNAL_TEXT + 1 - head.length)
      if (!last && passage.scanner.afterBlock)
        quiet = setTimeout(() => this.#reader.endPass(), AFTER_BLOCK_MS)
      to(bytes, last)
    }, options.mostBytes ?? MOST_BLOCK_BYTES)
    const told = (): Told => {
      const { blockBytes } = passage.scanner
      const answer = blockBytes === undefined ? head.trimEnd() : blockTold(blockBytes)
      return { answer, bytes: passage.bytes }
    }
    const exchange = this.#exchange(text, this.#reader.pass(passage), told, options, LINE_DEADLINE_MS)
    alive = exchange.alive
    try {
      await exchange.answer
    } finally {
      clearTimeout(quiet)
    }
    return passage
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
    const told = ({ length }: Uint8Array): Told => ({ answer: blockTold(length), bytes: length })
    const exchange = this.#exchange(text, answer, told, options, BLOCK_SILENCE_MS)
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
      this.#journal.blame('scpi.error')
      errors.push(error)
    }
    return errors
  }

  #exchange<T>(
    text: string,
    answer: Promise<T>,
    told: (answer: T) => Told,
    options: ExchangeOptions,
    usualMs: number,
  ): { answer: Promise<T>; alive: () => void } {
    const ms = options.deadlineMs ?? usualMs
    const begun = performance.now()
    this.#watch.begin(begun, ms, () => {
      const message = `${this.#device} (${this.#transport.peer}) did not answer ${text} within ${ms} ms`
      this.#reader.giveUp(new BenchError('device.timeout', message, { device: this.#device }))
    })
    const { signal } = options
    const giveUp = (): void => {
      this.#reader.giveUp(
        new BenchError('aborted', `${text} was given up`, { device: this.#device, cause: signal?.reason }),
      )
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    if (signal?.aborted) giveUp()
    else {
      this.#transport.write(`${text}\n`)
      this.#transport.expectAnswer?.()
    }
    const over = (): void => {
      this.#watch.end()
      signal?.removeEventListener('abort', giveUp)
    }
    answer.then(
      (value) => {
        over()
        this.#answered(begun)
        this.#note(text, begun, told(value))
      },
      (error: unknown) => {
        over()
        this.#note(text, begun, { error })
      },
    )
    return { answer, alive: () => this.#watch.extend() }
  }

  #note(sent: string, begun: number, came: Partial<Told> & { error?: unknown }): void {
    const { lane, asker, waitMs } = this.#turn
    const { answer, bytes = 0, error } = came
    // Only the first exchange of a job has waited for the line.
    this.#turn.waitMs = 0
    this.#journal.add({
      at: epochMsOf(monotonicMsOf(begun)),
      lane,
      by: asker.by,
      who: asker.who,
      sent,
      answer,
      sentBytes: sent.length + 1,
      answerBytes: bytes,
      waitMs,
      wireMs: performance.now() - begun,
      error: error === undefined ? undefined : error instanceof BenchError ? error.code : 'internal',
      message: error instanceof Error ? error.message : undefined,
    })
  }
}

function lineTold(line: string): Told {
  return { answer: line, bytes: line.length }
}

function blockTold(bytes: number): string {
  return `#${String(bytes).length} block of ${bytes} bytes`
}

function latin1(bytes: Uint8Array, most: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, most)).toString('latin1')
}
