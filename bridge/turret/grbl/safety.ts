import { BenchError } from '../../../shared/wire/errors.ts'
import type { DriverContext } from '../../device/device.ts'
import type { Emission } from './emission.ts'
import type { Laser } from './laser.ts'
import type { Motion } from './motion.ts'
import type { Reports } from './reports.ts'
import { SAFE_BYTES } from './safe-plan.ts'
import type { Status } from './status.ts'
import { type GrblWire, RESET } from './wire.ts'

/** Another press of the stop makes a confirmation under way void. */
const CONFIRMATIONS = 3
/** What lights again and again is written down so often. */
const UNORDERED_AGAIN_MS = 10_000

interface SafetyOptions {
  context: DriverContext<'turret'>
  wire: GrblWire
  reports: Reports
  parts: () => { laser: Laser; motion: Motion; emission: Emission }
  /** Takes the report that confirms. */
  confirmed: (status: Status) => void
  changed: () => void
  /** Aborts when the turret is closed. */
  signal: AbortSignal
}

/** Makes a turret dark and still, for whatever reason, and knows whether the controller has confirmed it. */
export class Safety {
  readonly #options: SafetyOptions
  #unorderedAt = -Infinity
  /** Stops that are not confirmed yet. */
  readonly #stopping = new Set<Promise<void>>()

  constructor(options: SafetyOptions) {
    this.#options = options
  }

  /** Whether a stop is not confirmed yet. */
  get pending(): boolean {
    return this.#stopping.size > 0
  }

  /** The newest stop that is not confirmed yet. */
  get newest(): Promise<void> | undefined {
    return [...this.#stopping].at(-1)
  }

  /** Resolves when what made it safe is confirmed, or will not be. */
  settled(): Promise<unknown> {
    return Promise.allSettled(this.#stopping)
  }

  /** Ends light and motion before it returns; resolves when that is confirmed. */
  stop(): Promise<void> {
    const { laser, motion } = this.#options.parts()
    for (const byte of SAFE_BYTES) this.#options.wire.realTime(byte)
    laser.darkened()
    motion.forget()
    return this.#confirm()
  }

  /** Ends light before it returns; a turret that has not confirmed it is closed, and not used before it is known to be dark. */
  cut(why?: string): void {
    if (why !== undefined) this.#options.context.guard.ending(why)
    this.darken(why).catch((error: unknown) => this.#fault('the laser was switched off', error))
  }

  /** Ends light before it returns; resolves when that is confirmed, at once where there was none. */
  async darken(why?: string): Promise<void> {
    const { laser, motion, emission } = this.#options.parts()
    const lit = laser.busy || !emission.dark
    // The reset is obeyed as its byte arrives (serial.c, mc_reset). Nothing moves during a burst: it costs no position.
    if (lit) this.#options.wire.realTime(RESET)
    laser.darkened(why)
    if (!lit) return
    motion.forget()
    await this.#confirm()
  }

  /** What is answered from now on may belong to another line: it is brought to rest and reset, which keeps its position. */
  outOfStep(line: string): void {
    const { context, wire, signal } = this.#options
    if (this.pending || wire.resetting || signal.aborted) return
    const { laser, motion } = this.#options.parts()
    const why = `the answer to ${line} was lost on the line`
    context.log.warn(why)
    context.did('turret.resync', `${why}: it was brought to rest and reset`)
    if (laser.busy) {
      this.cut(why)
      return
    }
    const message = `${context.id}: ${why}. It was brought to rest and reset: see where it points, and ask again`
    const rest = async (): Promise<void> => {
      wire.void(new BenchError('device.timeout', message, { device: context.id }))
      if (motion.activity !== 'rest') await motion.halt()
      wire.realTime(RESET)
      motion.forget()
    }
    this.#confirm(rest()).catch((error: unknown) => this.#fault(why, error))
  }

  /** Light is on that nobody here has ordered. */
  unordered(why: string): void {
    const { context } = this.#options
    const now = performance.now()
    if (now - this.#unorderedAt > UNORDERED_AGAIN_MS) {
      this.#unorderedAt = now
      context.log.error(why)
      context.did('laser.unordered', `${why}. It was reset and disabled`)
    }
    this.cut(why)
  }

  /** It was told to come to rest, and has not. */
  restless(error: BenchError): void {
    const { context, signal } = this.#options
    if (signal.aborted) return
    context.log.error({ error }, 'the turret does not come to rest')
    context.did('turret.restless', `${error.message}: it was reset`)
    this.stop().catch((cause: unknown) => this.#fault('it did not come to rest, and was reset', cause))
  }

  /** Nothing begins to move before it is known that the reset has ended everything: that would be taken for what it has not ended. */
  #confirm(rest: Promise<void> = Promise.resolve()): Promise<void> {
    const stop = rest
      .then(() => this.#seeDark())
      .finally(() => {
        this.#stopping.delete(stop)
        this.#options.changed()
      })
    this.#stopping.add(stop)
    return stop
  }

  /** Resolves when the controller has begun anew and says that nothing moves or shines. */
  async #seeDark(): Promise<void> {
    const { wire, reports, confirmed } = this.#options
    for (let left = CONFIRMATIONS; ; left--) {
      try {
        await wire.settled()
        confirmed(await reports.confirmDark(wire))
        return
      } catch (error) {
        if (left === 1 || !(error instanceof BenchError) || error.code !== 'aborted') throw error
      }
    }
  }

  /** Opened again it is reset again, and not used before it is known to be dark and at rest. */
  #fault(what: string, cause: unknown): void {
    const { context, signal } = this.#options
    if (signal.aborted) return
    const message = `${what}, and the controller has not confirmed it: ${String(cause)}`
    context.fault(new BenchError('device.faulted', message, { device: context.id, cause }))
  }
}
