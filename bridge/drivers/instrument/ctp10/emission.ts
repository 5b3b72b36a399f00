import type { InstrumentState } from '../../../../shared/instrument.ts'
import { BenchError } from '../../../../shared/errors.ts'
import { pause, withDeadline } from '../../../core/deadline.ts'
import type { Topic } from '../../../core/topic.ts'
import type { Session } from '../../../scpi/session.ts'
import type { Wire } from '../../../scpi/wire.ts'
import { LIT } from './condition.ts'
import { offCommand, readEmission, stillOn } from './laser.ts'

const ABORT = ':ABOR'
const ASK_AGAIN_MS = 100
/** A sweep that another program has started is seen by the polls within this. */
const SEEN_MS = 3000

/** What ends sweeps and light, and that nothing which was asked for before is done after it. */
export class Emission {
  readonly #device: string
  readonly #session: Session
  readonly #state: Topic<InstrumentState>
  /** Told to go off, and not yet known to be: each further message says so again, as only the newest survives a reconnection. */
  readonly #ending = new Set<number>()
  /** Being switched on: whether they are nobody knows yet. */
  readonly #starting = new Set<number>()
  /** Used by a sweep that is over, and not asked since. */
  readonly #doubted = new Set<number>()
  readonly #offs = new Map<number, number>()
  #lasers: readonly number[] = []
  #stirredAt = -Infinity
  #times = 0

  constructor(device: string, session: Session, state: Topic<InstrumentState>) {
    this.#device = device
    this.#session = session
    this.#state = state
  }

  /** The reference lasers that are connected. */
  get lasers(): readonly number[] {
    return this.#lasers
  }

  /** These have been found, and are dark. */
  found(lasers: readonly number[]): void {
    this.#lasers = lasers
  }

  /** Whether a sweep or a reference may have lasers lit. */
  get sweeping(): boolean {
    if (performance.now() - this.#stirredAt < SEEN_MS) return true
    const { condition, sweep, ctp10 } = this.#state.value
    const phases = [sweep?.phase, ctp10?.referencing?.phase]
    return ((condition?.register ?? 0) & LIT) !== 0 || phases.some((phase) => phase === 'running')
  }

  /** The lasers that emit, or may. */
  get lit(): number[] {
    const { lasers = {}, tls = {} } = this.#state.value.ctp10 ?? {}
    const swept = this.sweeping ? Object.values(tls).map(({ identifier }) => identifier) : []
    return this.lasers.filter(
      (laser) =>
        lasers[String(laser)]?.on ||
        this.#starting.has(laser) ||
        this.#doubted.has(laser) ||
        swept.includes(laser),
    )
  }

  /**
   * Sends it at once, past every queue and every answer that is owed: ends sweeps when `abort`, and switches `lasers`
   * off. What waits for its turn is not done any more.
   */
  end(abort: boolean, lasers: readonly number[]): void {
    this.#times += 1
    this.#send(abort, lasers)
  }

  /** Switches one laser off in the same way; what waits is not done any more where it would light that one. */
  off(laser: number): void {
    this.#offs.set(laser, this.#offTimes(laser) + 1)
    this.#send(false, [laser])
  }

  /**
   * For a job that is about to wait for its turn, and would light `laser` or start a sweep: what it is given throws
   * `aborted` if that was ended meanwhile.
   */
  ticket(laser = 0): () => void {
    const times = this.#times
    const offs = this.#offTimes(laser)
    return () => {
      if (times === this.#times && offs === this.#offTimes(laser)) return
      const message = `${this.#device} was told to stop before this was done: ask again`
      throw new BenchError('aborted', message, { device: this.#device })
    }
  }

  /** A sweep or a reference has ended: whether its lasers have stayed on is not known before they are asked. */
  doubt(): void {
    for (const { identifier } of Object.values(this.#state.value.ctp10?.tls ?? {}))
      this.#doubted.add(identifier)
  }

  /** A message that is not the driver's may light anything: what is lit is not known before each laser has been asked. */
  stirred(): void {
    this.#stirredAt = performance.now()
    for (const laser of this.#lasers) this.#doubted.add(laser)
  }

  /** A laser has said whether it emits. */
  known(laser: number): void {
    this.#doubted.delete(laser)
  }

  /** Runs what switches a laser on: from its beginning until its end is known the laser counts as lit. */
  async lighting<T>(laser: number, job: () => Promise<T>): Promise<T> {
    this.#starting.add(laser)
    this.#ending.delete(laser)
    try {
      return await job()
    } finally {
      this.#starting.delete(laser)
    }
  }

  /**
   * Rejects unless every laser that was told to go off says within `ms` that it is: `scpi.error` for one that says
   * that it is not, `device.timeout` when the instrument has not answered.
   */
  async confirm(ms: number, signal?: AbortSignal): Promise<void> {
    const given = new AbortController()
    const ends = AbortSignal.any([given.signal, ...(signal ? [signal] : [])])
    const lit = new Set<number>()
    const what = 'asking whether the reference lasers are off'
    try {
      const options = { device: this.#device, signal: ends }
      await withDeadline(this.#untilDark(lit, ends), ms, what, options)
    } catch (error) {
      if (lit.size > 0) throw stillOn(this.#device, [...lit])
      throw error
    } finally {
      given.abort()
    }
  }

  /** `lit` holds those that have said that they are still on. */
  async #untilDark(lit: Set<number>, signal: AbortSignal): Promise<void> {
    while (this.#ending.size > 0 && !signal.aborted) {
      await this.#session.run('control', (wire) => this.#ask(wire, lit), signal)
      if (this.#ending.size > 0) await pause(ASK_AGAIN_MS, signal)
    }
  }

  async #ask(wire: Wire, lit: Set<number>): Promise<void> {
    for (const laser of this.#ending) {
      if (await readEmission(wire, laser)) {
        lit.add(laser)
        continue
      }
      lit.delete(laser)
      this.#ending.delete(laser)
      this.known(laser)
      if (this.#state.value.ctp10?.lasers[String(laser)])
        this.#state.merge({ ctp10: { lasers: { [String(laser)]: { on: false } } } })
    }
    // What it said to the messages that went past the queue is nobody else's.
    await wire.drainErrors()
  }

  #send(abort: boolean, lasers: readonly number[]): void {
    for (const laser of lasers) this.#ending.add(laser)
    // Messages of their own (IEEE 488.2 section 7.5: NL ends one): one that is refused takes no other with it.
    const messages = [...(abort ? [ABORT] : []), ...[...this.#ending].map(offCommand)]
    if (messages.length > 0) this.#session.abort(messages.join('\n'))
  }

  #offTimes(laser: number): number {
    return this.#offs.get(laser) ?? 0
  }
}
