import { BenchError } from '../../../../shared/errors.ts'
import type { Aim } from '../../../core/aim.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { Device, DriverContext, Handlers, StopOutcome } from '../../../core/device.ts'
import type { OpenTransport } from '../../../transport/transport.ts'
import { Condition } from './condition.ts'
import { type Config, laserConfigOf } from './config.ts'
import { Continuity } from './continuity.ts'
import { Emission } from './emission.ts'
import { Geometry } from './geometry.ts'
import { Laser } from './laser.ts'
import { LightLedger } from './light-ledger.ts'
import { meet } from './meet.ts'
import { Motion } from './motion.ts'
import { poll, SILENT_MS } from './poll.ts'
import { Reports } from './reports.ts'
import { SAFE_BYTES } from './safe-plan.ts'
import { moves, type Status } from './status.ts'
import { turretCommands } from './turret-commands.ts'
import { showTurret } from './turret-state.ts'
import { GrblWire, RESET } from './wire.ts'

const CLOSE_MS = 1500
/** Nobody reads numbers faster, however often they are asked for. */
const SHOWN_MS = 45
/** Another press of the stop makes a confirmation under way void. */
const CONFIRMATIONS = 3
/** What lights again and again is written down so often. */
const UNORDERED_AGAIN_MS = 10_000

interface Met {
  wire: GrblWire
  reports: Reports
  condition: Condition
  ledger: LightLedger
}

/** An open turret: its axes, its laser, and what people can ask of both. */
export class Turret implements Device {
  readonly context: DriverContext<'turret'>
  readonly condition: Condition
  readonly motion: Motion
  readonly laser: Laser
  readonly reports: Reports
  readonly wire: GrblWire
  readonly commands: Handlers
  readonly #config: Config
  readonly #geometry: Geometry
  readonly #emission: Emission
  readonly #continuity: Continuity
  readonly #closed = new AbortController()
  #polling: Promise<unknown> = Promise.resolve()
  #shownAt = -Infinity
  #unorderedAt = -Infinity
  /** Stops that are not confirmed yet. */
  readonly #stopping = new Set<Promise<void>>()

  private constructor(context: DriverContext<'turret'>, config: Config, met: Met) {
    const { wire, reports, condition, ledger } = met
    this.context = context
    this.condition = condition
    this.reports = reports
    this.wire = wire
    this.#config = config
    this.#geometry = new Geometry(config)
    const { id, guard } = context
    const setting = (group: 100 | 110 | 120, axis: 'pan' | 'tilt'): number =>
      condition.setting(group + 'XYZ'.indexOf(config[axis].axis))
    const degrees = (mm: number, axis: 'pan' | 'tilt'): number =>
      Math.abs(mm / this.#geometry.mmSpan(axis, 1))
    const step = (axis: 'pan' | 'tilt'): number => degrees(1 / (setting(100, axis) || Infinity), axis)
    const changed = (): void => this.show()
    this.#continuity = new Continuity({
      fastest: (axis) => degrees((setting(110, axis) || Infinity) / 60, axis),
      step,
    })
    this.motion = new Motion({
      id,
      wire,
      geometry: this.#geometry,
      guard,
      acceleration: (axis) => setting(120, axis),
      step,
      homeWithinMs: config.homeWithinS * 1000,
      knowsPlace: () => condition.knowsPlace,
      require: () => {
        this.requireIdle()
        condition.requirePlace()
      },
      restless: (error) => this.#restless(error),
      changed,
    })
    this.#emission = new Emission({
      guard,
      laser: () => this.laser,
      cut: (why) => this.cut(why),
      unordered: (why) => this.#unordered(why),
    })
    this.laser = new Laser({
      id,
      wire,
      config: laserConfigOf(config, condition.facts.firmware),
      guard,
      ledger,
      fullS: () => condition.setting(30),
      obstacles: () => this.#obstacles(),
      unordered: () => this.#emission.unordered,
      changed,
      cut: (why) => this.cut(why),
      settled: () => Promise.allSettled(this.#stopping),
      forgets: (error) => context.log.error({ error }, 'the laser’s light could not be written down'),
    })
    this.commands = turretCommands(this)
  }

  /** Meets the controller, makes it dark and at rest, learns its settings. Rejects when it is no Grbl 1.1 or is not dark. */
  static async open(open: OpenTransport, config: Config, context: DriverContext<'turret'>): Promise<Turret> {
    const reports = new Reports(context.id)
    let turret: Turret | undefined
    const wire = await GrblWire.open(
      open,
      context.id,
      {
        status: (status, askedAt) => {
          reports.take(status, askedAt)
          turret?.reported(status, askedAt)
        },
        alarm: (number) => turret?.alarmed(number),
        line: (text) => turret?.said(text),
        restarted: () => {
          const message = 'the controller was switched off and on, or reset by hand'
          turret?.lost(new BenchError('connection.lost', message, { device: context.id }))
        },
        outOfStep: (line) => turret?.outOfStep(line),
        lost: (error) => turret?.lost(error),
      },
      context.signal,
    )
    try {
      const met = await meet(wire, reports, context.signal)
      const condition = new Condition(context.id, config, met)
      const laser = laserConfigOf(config, met.facts.firmware)
      const ledger = await LightLedger.read(context.memory, laser)
      turret = new Turret(context, config, { wire, reports, condition, ledger })
    } catch (error) {
      wire[Symbol.dispose]()
      throw error
    }
    turret.reported(turret.condition.status, performance.now())
    turret.#polling = turret.#poll()
    return turret
  }

  get aim(): Aim {
    return this.motion
  }

  stop(): Promise<StopOutcome> {
    for (const byte of SAFE_BYTES) this.wire.realTime(byte)
    this.laser.darkened()
    this.motion.forget()
    return this.#confirmed().then(() => 'proven')
  }

  endEmission(): void {
    this.cut()
  }

  endMotion(): void {
    this.motion.halt().catch((error: unknown) => {
      const message = 'the turret was halted, and has not said that it is at rest'
      if (!this.#closed.signal.aborted) this.context.log.warn({ error }, message)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    const safe = [...this.#stopping].at(-1) ?? this.stop()
    await withDeadline<unknown>(safe, CLOSE_MS, 'making the turret safe before it is closed').catch(
      (error: unknown) =>
        this.context.log.warn({ error }, 'the turret was closed without having confirmed that it is safe'),
    )
    this.laser.close()
    this.wire[Symbol.dispose]()
    await this.#polling
  }

  /** Ends light before it returns; a turret that has not confirmed it is closed, and not used before it is known to be dark. */
  cut(why?: string): void {
    if (why !== undefined) this.context.guard.ending(why)
    this.darken(why).catch((error: unknown) => this.#fault('the laser was switched off', error))
  }

  /** Ends light before it returns; resolves when that is confirmed, at once where there was none. */
  async darken(why?: string): Promise<void> {
    const lit = this.laser.busy || !this.#emission.dark
    // The reset is obeyed as its byte arrives (serial.c, mc_reset). Nothing moves during a burst: it costs no position.
    if (lit) this.wire.realTime(RESET)
    this.laser.darkened(why)
    if (!lit) return
    this.motion.forget()
    await this.#confirmed()
  }

  /** Throws `device.busy` while something is under way that a new command may not interrupt. */
  requireIdle(): void {
    if (this.motion.activity === 'homing') throw this.busy('it is homing: wait, or halt it')
    if (this.laser.busy) throw this.busy('the laser is firing: wait for the end of the burst')
    if (this.#stopping.size > 0) throw this.busy('it has not confirmed its stop yet: wait')
  }

  busy(what: string): BenchError {
    return new BenchError('device.busy', `${this.context.id}: ${what}`, { device: this.context.id })
  }

  /** Takes a report; `confirmed`: it was asked for after the reset that is being confirmed. */
  reported(status: Status, askedAt: number, confirmed = false): void {
    const { condition, motion } = this
    condition.reported(status)
    const settled = confirmed || (this.#stopping.size === 0 && !this.wire.resetting)
    motion.reported(status, this.#directionIn(status, askedAt), askedAt, this.laser.busy)
    this.#emission.reported(status, settled)
    const now = performance.now()
    if (motion.steered && now - this.#shownAt < SHOWN_MS) return
    this.#shownAt = now
    this.show()
  }

  alarmed(number: number): void {
    const { message } = this.condition.alarmed(number)
    this.context.log.warn({ alarm: number }, message)
    const why = `alarm ${number}: ${message}`
    this.context.guard.ending(why)
    this.laser.darkened(why)
    if (this.motion.activity !== 'homing') this.motion.forget()
    this.show()
  }

  said(text: string): void {
    // After a limit it hears nothing but a reset; the alarm stays, and what it would still do is known to be nothing.
    if (text.startsWith('[MSG:Reset to continue')) this.wire.realTime(RESET)
  }

  lost(error: BenchError): void {
    this.context.guard.ending(error.message)
    this.laser.darkened(error.message, true)
    this.motion.forget()
    if (!this.#closed.signal.aborted) this.context.fault(error)
  }

  /** What is answered from now on may belong to another line: it is brought to rest and reset, which keeps its position. */
  outOfStep(line: string): void {
    if (this.#stopping.size > 0 || this.wire.resetting || this.#closed.signal.aborted) return
    const { id, log } = this.context
    const why = `the answer to ${line} was lost on the line`
    log.warn(why)
    this.context.did('turret.resync', `${why}: it was brought to rest and reset`)
    if (this.laser.busy) {
      this.cut(why)
      return
    }
    const message = `${id}: ${why}. It was brought to rest and reset: see where it points, and ask again`
    const rest = async (): Promise<void> => {
      this.wire.void(new BenchError('device.timeout', message, { device: id }))
      if (this.motion.activity !== 'rest') await this.motion.halt()
      this.wire.realTime(RESET)
      this.motion.forget()
    }
    this.#confirmed(rest()).catch((error: unknown) => this.#fault(why, error))
  }

  show(): void {
    showTurret(this.context.state, this, this.#geometry.limits, this.#switches())
  }

  /** Nothing begins to move before it is known that the reset has ended everything: that would be taken for what it has not ended. */
  #confirmed(rest: Promise<void> = Promise.resolve()): Promise<void> {
    const stop = rest
      .then(() => this.#confirm())
      .finally(() => {
        this.#stopping.delete(stop)
        this.show()
      })
    this.#stopping.add(stop)
    return stop
  }

  /** Resolves when the controller has begun anew and says that nothing moves or shines. */
  async #confirm(): Promise<void> {
    for (let left = CONFIRMATIONS; ; left--) {
      try {
        await this.wire.settled()
        this.reported(await this.reports.confirmDark(this.wire), performance.now(), true)
        return
      } catch (error) {
        if (left === 1 || !(error instanceof BenchError) || error.code !== 'aborted') throw error
      }
    }
  }

  /** Where a report says that it points; undefined when it does not, or cannot be believed yet. */
  #directionIn(status: Status, askedAt: number): ReturnType<Geometry['directionOf']> {
    const { condition, motion } = this
    const direction = this.#geometry.directionOf(status, condition.setting(13) === 1)
    if (!direction || !condition.homed || motion.activity === 'homing') {
      this.#continuity.forget()
      return direction
    }
    // A controller that says itself that it is homed may be turned by others between two reports.
    const moving = motion.activity !== 'rest' || moves(status) || condition.saysHomed === true
    switch (this.#continuity.take(direction, moving, askedAt)) {
      case 'doubtful':
        return undefined
      case 'jumped':
        this.#displaced()
    }
    return direction
  }

  /** It counts anew, or has lost count: where it points is not known any more. */
  #displaced(): void {
    const why =
      'the position jumped without a motion: the controller was without power for a moment, or was turned by somebody else. Home it'
    this.condition.homed = false
    this.#continuity.forget()
    this.context.log.warn(why)
    this.context.did('turret.unhomed', why)
    this.cut(why)
  }

  #unordered(why: string): void {
    const now = performance.now()
    if (now - this.#unorderedAt > UNORDERED_AGAIN_MS) {
      this.#unorderedAt = now
      this.context.log.error(why)
      this.context.did('laser.unordered', `${why}. It was reset and disabled`)
    }
    this.cut(why)
  }

  #restless(error: BenchError): void {
    if (this.#closed.signal.aborted) return
    this.context.log.error({ error }, 'the turret does not come to rest')
    this.context.did('turret.restless', `${error.message}: it was reset`)
    this.stop().catch((cause: unknown) => this.#fault('it did not come to rest, and was reset', cause))
  }

  /** Opened again it is reset again, and not used before it is known to be dark and at rest. */
  #fault(what: string, cause: unknown): void {
    if (this.#closed.signal.aborted) return
    const message = `${what}, and the controller has not confirmed it: ${String(cause)}`
    this.context.fault(new BenchError('device.faulted', message, { device: this.context.id, cause }))
  }

  #poll(): Promise<void> {
    return poll({
      wire: this.wire,
      busy: () =>
        this.motion.activity !== 'rest' ||
        this.laser.busy ||
        this.#emission.pending ||
        this.#stopping.size > 0,
      steered: () => this.motion.steered,
      mute: () => this.motion.activity === 'homing',
      silent: () => {
        const message = `the controller has said nothing for ${SILENT_MS / 1000} s: check its power and its cable`
        this.lost(new BenchError('device.timeout', message, { device: this.context.id }))
      },
      signal: this.#closed.signal,
    })
  }

  /** Why the laser may not be fired, the laser's own reasons aside. */
  #obstacles(): string[] {
    return [
      ...this.condition.obstacles(),
      ...(this.#emission.unordered ? ['light is on that nobody here has ordered'] : []),
      ...(this.motion.activity === 'rest' ? [] : ['the turret is moving']),
      ...(this.#stopping.size === 0 ? [] : ['the stop is not confirmed yet']),
    ]
  }

  #switches(): string[] {
    return (['pan', 'tilt'] as const).filter((name) =>
      this.condition.status.pins.includes(this.#config[name].axis),
    )
  }
}
