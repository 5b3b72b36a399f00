import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { pause, withDeadline } from '../../core/deadline.ts'
import type { DeviceGuard } from '../../core/guard.ts'
import type { Topic } from '../../core/topic.ts'
import { EmissionSources } from '../scpi/emission-sources.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'
import { ABORT, LIT } from './condition.ts'
import { offCommand, readEmission, stillOn } from './laser.ts'

const ASK_AGAIN_MS = 100
/** A sweep that another program has started is seen by the polls within this. */
const SEEN_MS = 3000
/** Beside the lasers themselves: what may light them all. */
const SWEEP = 'sweep'

/** What ends sweeps and light, and that nothing which was asked for before is done after it. */
export class Emission {
  readonly #device: string
  readonly #session: Session
  readonly #state: Topic<InstrumentState>
  /** Told to go off, and not yet known to be. */
  readonly #ending = new Set<number>()
  /** Being switched on: whether they are nobody knows yet. */
  readonly #starting = new Set<number>()
  /** Used by a sweep that is over, and not asked since. */
  readonly #doubted = new Set<number>()
  readonly #offs = new Map<number, number>()
  readonly #sources: EmissionSources
  #lasers: readonly number[] = []
  #stirredAt = -Infinity
  #times = 0

  constructor(device: string, session: Session, state: Topic<InstrumentState>, guard: DeviceGuard) {
    this.#device = device
    this.#session = session
    this.#state = state
    this.#sources = new EmissionSources(guard)
  }

  /** The reference lasers that are connected. */
  get lasers(): readonly number[] {
    return this.#lasers
  }

  /** These have been found, and are dark. */
  found(lasers: readonly number[]): void {
    this.#lasers = lasers
    this.#sources.add([SWEEP, ...lasers.map(String)])
    this.#sources.proven()
  }

  /** Whether anything emits, or may, as far as the instrument has said. */
  get mayEmit(): boolean {
    return this.#sources.mayEmit
  }

  /** Whether the condition register says that lasers are lit. */
  get litByRegister(): boolean {
    return ((this.#state.value.condition?.register ?? 0) & LIT) !== 0
  }

  /** Whether a sweep or a reference may have lasers lit. */
  get sweeping(): boolean {
    if (performance.now() - this.#stirredAt < SEEN_MS) return true
    const { sweep, ctp10 } = this.#state.value
    const phases = [sweep?.phase, ctp10?.referencing?.phase]
    return this.litByRegister || phases.some((phase) => phase === 'running')
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

  /** All of it has been told to go off by others than this: what waits is not done any more. */
  stopped(): void {
    this.#times += 1
    this.#told(true, this.#lasers)
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

  /**
   * A message that is not the driver's may light anything: what is lit is not known before each laser has been asked.
   * Throws `guardian.lost`, and then it is not to be sent.
   */
  stirred(): void {
    this.#sources.lighting()
    this.#stirredAt = performance.now()
    for (const laser of this.#lasers) this.#doubted.add(laser)
  }

  /** A laser has said whether it emits. */
  saw(laser: number, on: boolean): void {
    this.#doubted.delete(laser)
    if (!on) this.#ending.delete(laser)
    this.#sources.saw(String(laser), on)
    const known = this.#state.value.ctp10?.lasers[String(laser)]
    if (known && known.on !== on) this.#state.merge({ ctp10: { lasers: { [String(laser)]: { on } } } })
  }

  /** The condition register has been read, and is in the topic. */
  looked(): void {
    const { sweep, ctp10 } = this.#state.value
    const phases = [sweep?.phase, ctp10?.referencing?.phase]
    const lit = this.sweeping || phases.includes('aborting')
    // A sweep may leave any of them on: each is asked once it is over.
    if (lit) this.#sources.doubt(this.#lasers.map(String))
    this.#sources.saw(SWEEP, lit)
  }

  /** A sweep or a reference is about to be started. Throws `guardian.lost`, and then it is not to be. */
  sweepComes(): void {
    this.#sources.lighting()
  }

  /** A laser is about to be switched on. Throws `guardian.lost`, and then it is not to be. */
  laserComes(laser: number): void {
    this.#sources.lighting([String(laser)])
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
        this.saw(laser, true)
        continue
      }
      lit.delete(laser)
      this.saw(laser, false)
    }
    // What it said to the messages that went past the queue is nobody else's.
    await wire.drainErrors()
  }

  #send(abort: boolean, lasers: readonly number[]): void {
    const messages = [...(abort ? [ABORT] : []), ...lasers.map(offCommand)]
    if (messages.length > 0) this.#session.abort(messages)
    this.#told(abort, lasers)
  }

  #told(abort: boolean, lasers: readonly number[]): void {
    for (const laser of lasers) this.#ending.add(laser)
    this.#sources.toldOff([...(abort ? [SWEEP] : []), ...lasers.map(String)])
  }

  #offTimes(laser: number): number {
    return this.#offs.get(laser) ?? 0
  }
}
