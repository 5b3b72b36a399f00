import { pause } from '../../core/deadline.ts'
import type { Lane } from '../../core/lanes.ts'
import type { Logger } from '../../core/log.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'

/** How soon a poll that found the line busy tries again. */
const BUSY_RETRY_MS = 20

/** Something that is looked at again and again. */
export interface Look {
  /** How often; asked anew each time. */
  everyMs(): number
  /** Does it, with the line. */
  look(wire: Wire): Promise<void>
  /** A turn was left out because the line was busy. */
  skipped?(): void
}

interface Turn {
  look: Look
  dueAt: number
}

/**
 * Looks at each thing in its own period, when nobody else has the line, each in a job of its own so that people come
 * in between. What finds the line busy for a whole period is left out, not queued.
 */
export class Poller {
  readonly #session: Session
  readonly #log: Logger
  readonly #turns: Turn[] = []
  readonly #busy: (lane: Lane) => void
  #awake = new AbortController()

  /** `busy` hears which lane has the line when a poll found it busy. */
  constructor(session: Session, log: Logger, busy: (lane: Lane) => void) {
    this.#session = session
    this.#log = log
    this.#busy = busy
  }

  /** From now on this is looked at, first after `inMs`. */
  add(look: Look, inMs = 0): void {
    this.#turns.push({ look, dueAt: performance.now() + inMs })
  }

  /** This is due now. */
  soon(look: Look): void {
    for (const turn of this.#turns) if (turn.look === look) turn.dueAt = performance.now()
    this.#awake.abort()
  }

  /** Looks until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [first] = this.#turns.sort((a, b) => a.dueAt - b.dueAt)
      const waitMs = (first?.dueAt ?? Infinity) - performance.now()
      if (!first || waitMs > 0) {
        await this.#wait(Math.min(waitMs, 60_000), signal)
        continue
      }
      const lane = this.#session.busyWith
      const job = this.#session.poll((wire) => first.look.look(wire))
      if (!job) {
        if (lane) this.#busy(lane)
        this.#skip()
        await pause(Math.min(BUSY_RETRY_MS, first.look.everyMs() / 2), signal)
        continue
      }
      await job.catch((error: unknown) => {
        if (!signal.aborted) this.#log.warn({ error }, 'the poll failed')
      })
      first.dueAt = Math.max(first.dueAt + first.look.everyMs(), performance.now())
    }
  }

  #skip(): void {
    const now = performance.now()
    for (const turn of this.#turns) {
      const periodMs = turn.look.everyMs()
      const late = Math.floor((now - turn.dueAt) / periodMs)
      for (let i = 0; i < late; i++) turn.look.skipped?.()
      if (late > 0) turn.dueAt += late * periodMs
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { signal: woken } = this.#awake
    await pause(ms, AbortSignal.any([signal, woken]))
    if (woken.aborted) this.#awake = new AbortController()
  }
}
