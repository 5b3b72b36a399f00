import type { Logger } from '../../core/log.ts'
import { epochMs } from '../../core/clock.ts'
import { pause } from '../../core/deadline.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'
import type { Taken, Values } from './values.ts'

/** How soon a poll that found the line busy tries again. */
const BUSY_RETRY_MS = 20
/** A job that has had the line for this long leaves the rest to the next one: people wait for it. */
const SLICE_MS = 100
/** One that gives no answer is asked again after twice its period, then four times, up to this. */
const LONGEST_BACKOFF_MS = 30_000
/** What emits is asked for so often while it may: people and the guardian go by it. */
const WHILE_LIT_MS = 250

/** Something that is read again and again. */
export interface Polled {
  name: string
  everyMs: number
  /** It has just been read: its first turn comes a period from now. */
  known: boolean
  /** It says whether something emits. */
  emission: boolean
  /** Asks for it. Rejects when there is no answer. */
  ask(wire: Wire, options: { answers: Map<string, string> }): Promise<Taken>
}

interface Turn extends Polled {
  dueAt: number
  failures: number
}

/**
 * Reads each thing in its own period, when nobody else has the line: what is due at once is asked in one job, that
 * which has waited longest first. What finds the line busy for a whole period is left out, not queued.
 */
export class Poller {
  readonly #turns: Turn[]
  readonly #session: Session
  readonly #values: Values
  readonly #failed: (wire: Wire) => Promise<void>
  readonly #mayEmit: () => boolean
  readonly #log: Logger
  #awake = new AbortController()
  #errorsDue = false

  /**
   * `failed` is called with the line in the first job after one of them gave no answer; `mayEmit` says whether the
   * instrument emits, or may.
   */
  constructor(
    polled: readonly Polled[],
    {
      session,
      values,
      failed,
      mayEmit,
      log,
    }: {
      session: Session
      values: Values
      failed: (wire: Wire) => Promise<void>
      mayEmit: () => boolean
      log: Logger
    },
  ) {
    this.#turns = polled.map((entry) => ({
      ...entry,
      dueAt: performance.now() + (entry.known ? entry.everyMs : 0),
      failures: 0,
    }))
    this.#session = session
    this.#values = values
    this.#failed = failed
    this.#mayEmit = mayEmit
    this.#log = log
  }

  /** These are due now: something has been done that may have changed them. */
  soon(names: ReadonlySet<string>): void {
    for (const turn of this.#turns) if (names.has(turn.name)) turn.dueAt = performance.now()
    this.#awake.abort()
  }

  /** Reads until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#turns.length > 0) {
      const now = performance.now()
      const due = this.#turns.filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt)
      const job = due.length > 0 ? this.#session.poll((wire) => this.#ask(wire, due)) : undefined
      if (job) await job.catch((error: unknown) => this.#log.warn({ error }, 'the poll failed'))
      else if (due.length > 0) this.#skip(due, now)
      await this.#wait(due.length > 0 && !job ? BUSY_RETRY_MS : this.#untilNext(), signal)
    }
  }

  async #ask(wire: Wire, due: Turn[]): Promise<void> {
    const until = performance.now() + SLICE_MS
    const taken: Taken[] = []
    const answers = new Map<string, string>()
    try {
      if (this.#errorsDue) {
        this.#errorsDue = false
        await this.#failed(wire)
      }
      for (const turn of due) {
        const answered = await this.#askOne(wire, turn, answers)
        if (answered) taken.push(answered)
        // What came of the line is not known: the session sees to it before the next job.
        else break
        if (performance.now() > until) break
      }
    } finally {
      if (taken.length > 0) this.#values.take(taken, epochMs())
      // What has just been seen to emit is asked again sooner.
      const now = performance.now()
      for (const turn of this.#turns)
        if (turn.emission && turn.failures === 0)
          turn.dueAt = Math.min(turn.dueAt, now + this.#periodMs(turn))
    }
  }

  async #askOne(wire: Wire, turn: Turn, answers: Map<string, string>): Promise<Taken | undefined> {
    try {
      const taken = await turn.ask(wire, { answers })
      turn.failures = 0
      turn.dueAt = Math.max(turn.dueAt + this.#periodMs(turn), performance.now())
      return taken
    } catch (error) {
      turn.failures += 1
      const everyMs = this.#periodMs(turn)
      const backOffMs = Math.min(everyMs * 2 ** turn.failures, LONGEST_BACKOFF_MS)
      turn.dueAt = performance.now() + Math.max(everyMs, backOffMs)
      this.#errorsDue = true
      this.#values.miss([turn.name])
      this.#log.warn({ entry: turn.name, error }, 'the instrument gave no answer to a poll')
      return undefined
    }
  }

  #periodMs({ everyMs, emission }: Turn): number {
    return emission && this.#mayEmit() ? Math.min(everyMs, WHILE_LIT_MS) : everyMs
  }

  #skip(due: Turn[], now: number): void {
    const late = due.filter((turn) => now > turn.dueAt + this.#periodMs(turn))
    if (late.length === 0) return
    for (const turn of late) turn.dueAt += this.#periodMs(turn)
    this.#values.skip(late.map(({ name }) => name))
  }

  #untilNext(): number {
    return Math.min(...this.#turns.map(({ dueAt }) => dueAt)) - performance.now()
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { signal: woken } = this.#awake
    await pause(ms, AbortSignal.any([signal, woken]))
    if (woken.aborted) this.#awake = new AbortController()
  }
}
