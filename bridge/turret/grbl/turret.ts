import { BenchError } from '../../../shared/wire/errors.ts'
import type { Aim } from '../../device/aim.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { Device, DriverContext, Handlers, StopOutcome } from '../../device/device.ts'
import type { OpenTransport } from '../../transport/transport.ts'
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
import { Safety } from './safety.ts'
import { moves, type Status } from './status.ts'
import { turretCommands } from './turret-commands.ts'
import { showTurret } from './turret-state.ts'
import { GrblWire, RESET } from './wire.ts'

const CLOSE_MS = 1500
/** Nobody reads numbers faster, however often they are asked for. */
const SHOWN_MS = 45

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
  readonly safety: Safety
  readonly commands: Handlers
  readonly #config: Config
  readonly #geometry: Geometry
  readonly #emission: Emission
  readonly #continuity: Continuity
  readonly #closed = new AbortController()
  #polling: Promise<unknown> = Promise.resolve()
  #shownAt = -Infinity

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
      restless: (error) => this.safety.restless(error),
      changed,
    })
    this.#emission = new Emission({
      guard,
      laser: () => this.laser,
      cut: (why) => this.safety.cut(why),
      unordered: (why) => this.safety.unordered(why),
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
      cut: (why) => this.safety.cut(why),
      settled: () => this.safety.settled(),
      forgets: (error) => context.log.error({ error }, 'the laser’s light could not be written down'),
    })
    this.safety = new Safety({
      context,
      wire,
      reports,
      parts: () => ({ laser: this.laser, motion: this.motion, emission: this.#emission }),
      confirmed: (status) => this.reported(status, performance.now(), true),
      changed,
      signal: this.#closed.signal,
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
        outOfStep: (line) => turret?.safety.outOfStep(line),
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
    return this.safety.stop().then(() => 'proven')
  }

  endEmission(): void {
    this.safety.cut()
  }

  endMotion(): void {
    this.motion.halt().catch((error: unknown) => {
      const message = 'the turret was halted, and has not said that it is at rest'
      if (!this.#closed.signal.aborted) this.context.log.warn({ error }, message)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    const safe = this.safety.newest ?? this.stop()
    await withDeadline<unknown>(safe, CLOSE_MS, 'making the turret safe before it is closed').catch(
      (error: unknown) =>
        this.context.log.warn({ error }, 'the turret was closed without having confirmed that it is safe'),
    )
    this.laser.close()
    this.wire[Symbol.dispose]()
    await this.#polling
  }

  /** Throws `device.busy` while something is under way that a new command may not interrupt. */
  requireIdle(): void {
    if (this.motion.activity === 'homing') throw this.busy('it is homing: wait, or halt it')
    if (this.laser.busy) throw this.busy('the laser is firing: wait for the end of the burst')
    if (this.safety.pending) throw this.busy('it has not confirmed its stop yet: wait')
  }

  busy(what: string): BenchError {
    return new BenchError('device.busy', `${this.context.id}: ${what}`, { device: this.context.id })
  }

  /** Takes a report; `confirmed`: it was asked for after the reset that is being confirmed. */
  reported(status: Status, askedAt: number, confirmed = false): void {
    const { condition, motion } = this
    condition.reported(status)
    const settled = confirmed || (!this.safety.pending && !this.wire.resetting)
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
    if (/^\[MSG:.*Reset to continue/.test(text)) this.wire.realTime(RESET)
  }

  lost(error: BenchError): void {
    this.context.guard.ending(error.message)
    this.laser.darkened(error.message, true)
    this.motion.forget()
    if (!this.#closed.signal.aborted) this.context.fault(error)
  }

  show(): void {
    showTurret(this.context.state, this, this.#geometry.limits, this.#switches())
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
    this.safety.cut(why)
  }

  #poll(): Promise<void> {
    return poll({
      wire: this.wire,
      busy: () =>
        this.motion.activity !== 'rest' || this.laser.busy || this.#emission.pending || this.safety.pending,
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
      ...(this.safety.pending ? ['the stop is not confirmed yet'] : []),
    ]
  }

  #switches(): string[] {
    return (['pan', 'tilt'] as const).filter((name) =>
      this.condition.status.pins.includes(this.#config[name].axis),
    )
  }
}
