import type { Referencing } from '../../../shared/instrument/ctp10.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Device, DriverContext, Handlers, StopOutcome } from '../../device/device.ts'
import { provesSafe, type SafePlan } from '../../core/safe-plan.ts'
import type { ScpiError } from '../scpi/errors.ts'
import { makeSafe } from '../scpi/make-safe.ts'
import { showErrors } from '../show-errors.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'
import { detectorPatch, readDetector } from './detector.ts'
import { Emission } from './emission.ts'
import { ctp10Handlers } from './handlers.ts'
import { stillOn } from './laser.ts'
import { LaserWatch } from './laser-watch.ts'
import { learn, learnAgain, learnLasers, learnSettings } from './learn.ts'
import { Poller } from './poller.ts'
import { type ModulePlace, Powers } from './powers.ts'
import { referenceAtOpening } from './reference.ts'
import { laserOf, safePlanOf } from './safe-plan.ts'
import { sweepAtOpening } from './sweep.ts'
import { fetchTrace, type FetchedTrace, type TracePlace, type TraceSource } from './trace.ts'
import { Watch } from './watch.ts'

/** How long it may take until an instrument that was stopped is at rest, and its lasers are off. */
const REST_MS = 5000
/** The supervisor gives a closing device two seconds. */
const CLOSE_MS = 1500

interface Settings extends ModulePlace {
  resource: string
  wire: unknown
  moreModules: readonly ModulePlace[]
  lasers?: readonly number[] | undefined
  conditionsPerSecond: number
  lasersPerSecond: number
}

/** An open CTP10: one session, its polls, and what people can ask of it. */
export class Ctp10 implements Device, TraceSource {
  commands: Handlers
  readonly #session: Session
  readonly #context: DriverContext<'instrument'>
  readonly #emission: Emission
  readonly #watch: Watch
  readonly #lasers: LaserWatch
  #plan: SafePlan | undefined
  readonly #first: Powers
  readonly #powers: readonly Powers[]
  readonly #closed = new AbortController()
  #downloads = new AbortController()
  #looking = false
  #lookAgain = false
  #polling: Promise<void> = Promise.resolve()

  private constructor(session: Session, settings: Settings, context: DriverContext<'instrument'>) {
    this.#session = session
    this.#context = context
    this.#emission = new Emission(context.id, session, context.state, context.guard)
    this.#lasers = new LaserWatch(this.#emission, settings.lasersPerSecond)
    this.#first = new Powers(settings, true, context)
    this.#powers = [this.#first, ...settings.moreModules.map((place) => new Powers(place, false, context))]
    this.#watch = new Watch(context.state, settings.conditionsPerSecond, {
      referenced: (reference) => this.#inBackground(this.#readResult(reference)),
      looked: () => this.#emission.looked(),
      overdue: (why) => {
        context.guard.ending(why)
        this.endEmission()
      },
      rested: () => {
        this.#emission.doubt()
        this.#inBackground(this.#learnAgain())
      },
    })
    this.commands = ctp10Handlers({
      ...{ id: context.id, state: context.state, traces: context.traces },
      ...{ emission: this.#emission, watch: this.#watch, module: settings.module },
      say: (job, caller, lane) => this.#say(job, lane ?? 'control', this.#until(caller.signal)),
      downloading: (caller) => AbortSignal.any([this.#until(caller.signal), this.#downloads.signal]),
      cancelDownloads: () => this.#cancelDownloads(),
      abort: (why) => {
        context.guard.ending(why)
        this.#emission.end(true, [])
        this.#watch.aborted(why)
      },
      learnAgain: () => this.#learnAgain(),
    })
  }

  /**
   * Learns who and how the instrument is, switches its reference lasers off, then begins to poll. Rejects when it does
   * not answer as a CTP10 does, or a laser stays on.
   */
  static async open(
    session: Session,
    settings: Settings,
    context: DriverContext<'instrument'>,
  ): Promise<Ctp10> {
    const device = new Ctp10(session, settings, context)
    const { resource, wire, lasers: only } = settings
    const { guard } = context
    guard.ending('the connection was lost, and what it had lit was switched off when it was opened again')
    const { reason } = guard
    const before = context.state.value
    const { state, lasers, errors } = await session.run('control', (wire) =>
      learn(wire, { id: context.id, resource, lasers: only }, device.#first),
    )
    const connected = Object.keys(lasers).map(Number)
    device.#plan = safePlanOf(resource, wire, connected)
    guard.protect(device.#plan)
    device.#emission.found(connected)
    context.state.put({ ...state, sweep: sweepAtOpening(before.sweep, reason) })
    showErrors(context, errors)
    // Ahead of the first poll, which has to know the detectors' units.
    device.#inBackground(
      session
        .run('control', (wire) => learnSettings(wire, lasers, device.#powers), device.#closed.signal)
        .then(({ sweepSettings, ctp10 }) => {
          const referencing = referenceAtOpening(before.ctp10?.referencing, reason)
          context.state.put({ sweepSettings, ctp10: { ...ctp10, ...(referencing && { referencing }) } })
        }),
    )
    device.#polling = device.#poll()
    return device
  }

  stop(): Promise<StopOutcome> {
    const stopped = this.#makeSafe(REST_MS)
    // What proves it is not to wait until a trace has come, which may take a minute.
    this.#cancelDownloads()
    return stopped
  }

  endEmission(): void {
    const { lit, sweeping } = this.#emission
    // Also when there is no light: what would switch some on may be waiting for its turn.
    this.#emission.end(sweeping, lit)
    if (sweeping) this.#watch.aborted(this.#context.guard.reason)
    this.#inBackground(this.#emission.confirm(REST_MS, this.#closed.signal))
  }

  /** As of `Light.comes`: it may switch lasers on, or start a sweep. */
  lightComes(): void {
    this.#emission.stirred()
    this.#lookAgain = true
    if (this.#looking) return
    this.#looking = true
    this.#inBackground(this.#learnLasers().finally(() => (this.#looking = false)))
  }

  fetchTrace(place: Omit<TracePlace, 'device'>, signal: AbortSignal): Promise<FetchedTrace> {
    const until = AbortSignal.any([this.#until(signal), this.#downloads.signal])
    const room = (points: number): Uint8Array<ArrayBuffer> => new Uint8Array(points * 4)
    const fetched = this.#say(
      (wire) => fetchTrace(wire, { device: this.#context.id, ...place }, room, this.#progress, until),
      'bulk',
      until,
    )
    return fetched.finally(() => this.#context.state.put({ download: undefined }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#context.guard.ending('the bench has closed it')
    await this.#makeSafe(CLOSE_MS).catch((error: unknown) => {
      this.#context.log.error({ error }, 'closed before the reference lasers were known to be off')
    })
    this.#closed.abort()
    this.#session[Symbol.dispose]()
    await this.#polling
  }

  /** Every laser, not only those that are known to be lit: somebody may have switched one on at the instrument. */
  #makeSafe(ms: number): Promise<StopOutcome> {
    const { id, guard } = this.#context
    const plan = this.#plan ?? unreachable()
    const { lasers } = this.#emission
    const safe = makeSafe(this.#session, plan, {
      ...{ device: id, ms, signal: this.#closed.signal },
      heard: (proof, answer) => {
        const laser = laserOf(plan, lasers, proof)
        if (laser === undefined) this.#watch.saw(Number(answer))
        else this.#emission.saw(laser, !provesSafe(proof, answer))
      },
      settled: async (wire) => void (await wire.drainErrors()),
      explain: (failed) => {
        const lit = [...failed.keys()].flatMap((proof) => laserOf(plan, lasers, proof) ?? [])
        return lit.length > 0 ? stillOn(id, lit).message : `${id} was told to stop, and does not come to rest`
      },
    })
    this.#emission.stopped()
    this.#watch.aborted(guard.reason)
    return safe
  }

  async #poll(): Promise<void> {
    const poller = new Poller(this.#session, this.#context.log, (lane) => {
      if (lane === 'bulk') for (const powers of this.#powers) powers.held('a trace download')
    })
    for (const look of [this.#watch, ...this.#powers]) poller.add(look)
    if (this.#emission.lasers.length > 0) poller.add(this.#lasers, this.#lasers.everyMs())
    await poller.run(this.#closed.signal)
  }

  #cancelDownloads(): void {
    this.#downloads.abort()
    this.#downloads = new AbortController()
  }

  /** A job of a person: what the instrument complains of goes to that person and into the topic. */
  async #say<T>(job: (wire: Wire) => Promise<T>, lane: 'control' | 'bulk', signal: AbortSignal): Promise<T> {
    try {
      return await this.#session.run(lane, job, signal)
    } catch (error) {
      if (error instanceof BenchError && Array.isArray(error.cause))
        showErrors(this.#context, error.cause as ScpiError[])
      throw error
    }
  }

  async #readResult(reference: Referencing): Promise<void> {
    const { module, channel, quick } = reference
    const failed = (error: unknown): never => {
      this.#watch.referenceEnded(reference, error instanceof Error ? error.message : String(error))
      throw error
    }
    const { state } = this.#context
    const detector = await this.#session
      .run('control', (wire) => readDetector(wire, module, channel))
      .catch(failed)
    if (state.value.ctp10?.modules[String(module)]?.detectors[String(channel)])
      state.merge(detectorPatch(module, channel, detector))
    const valid = quick || detector.reference !== undefined
    this.#watch.referenceEnded(reference, valid ? undefined : 'the instrument has no valid reference')
  }

  #learnAgain(): Promise<void> {
    return learnAgain(this.#run, this.#context.state, this.#laserKnown)
  }

  async #learnLasers(): Promise<void> {
    while (this.#lookAgain) {
      this.#lookAgain = false
      await learnLasers(this.#run, this.#context.state, this.#laserKnown)
    }
  }

  readonly #run = <T>(job: (wire: Wire) => Promise<T>): Promise<T> =>
    this.#session.run('control', job, this.#closed.signal)

  readonly #laserKnown = (laser: number, on: boolean): void => this.#emission.saw(laser, on)

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#closed.signal.aborted)
        this.#context.log.error({ error }, 'the instrument has not done as told')
    })
  }

  readonly #progress = (bytes: number, of: number): void => {
    this.#context.state.put({ download: { bytes, of } })
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closed.signal])
  }
}

function unreachable(): never {
  throw new Error('unreachable: it is not open before it has a plan')
}
