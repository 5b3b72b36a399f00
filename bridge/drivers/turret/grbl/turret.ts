import { BenchError } from '../../../../shared/errors.ts'
import type { Aim } from '../../../core/aim.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { Device, DriverContext, Handlers, StopOutcome } from '../../../core/device.ts'
import type { OpenTransport } from '../../../transport/transport.ts'
import type { Config } from './config.ts'
import { Condition } from './condition.ts'
import { learn } from './facts.ts'
import { Geometry } from './geometry.ts'
import { Laser } from './laser.ts'
import { meet } from './meet.ts'
import type { Status } from './message.ts'
import { Motion } from './motion.ts'
import { poll, SILENT_MS } from './poll.ts'
import { Reports } from './reports.ts'
import { GrblWire, HOLD, JOG_CANCEL, RESET } from './wire.ts'

const CLOSE_MS = 1500
/** Nobody reads numbers faster, however often they are asked for. */
const SHOWN_MS = 45
/** Another press of the stop makes a confirmation under way void. */
const CONFIRMATIONS = 3

/** An open turret: its axes, its laser, and what people can ask of both. */
export class Turret implements Device {
  readonly #context: DriverContext<'turret'>
  readonly #config: Config
  readonly #geometry: Geometry
  readonly #wire: GrblWire
  readonly #reports: Reports
  readonly #condition: Condition
  readonly #motion: Motion
  readonly #laser: Laser
  readonly #closed = new AbortController()
  #polling: Promise<unknown> = Promise.resolve()
  #shownAt = -Infinity
  /** Stops that are not confirmed yet. */
  readonly #stopping = new Set<Promise<void>>()

  private constructor(
    context: DriverContext<'turret'>,
    config: Config,
    { wire, reports }: { wire: GrblWire; reports: Reports },
    condition: Condition,
  ) {
    this.#context = context
    this.#config = config
    this.#wire = wire
    this.#reports = reports
    this.#condition = condition
    this.#geometry = new Geometry(config)
    const { id } = context
    const changed = (): void => this.#show()
    this.#motion = new Motion({
      id,
      wire,
      geometry: this.#geometry,
      acceleration: (axis) => condition.setting(120 + 'XYZ'.indexOf(config[axis].axis)),
      homeWithinMs: config.homeWithinS * 1000,
      require: () => {
        this.#requireIdle()
        condition.requirePlace()
      },
      changed,
    })
    this.#laser = new Laser({
      id,
      wire,
      config: config.laser,
      fullS: () => condition.setting(30),
      obstacles: () => this.#obstacles(),
      before: context.state.value.laser,
      changed,
      cut: () => this.endEmission(),
      settled: () => Promise.allSettled(this.#stopping),
    })
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
          if (turret) turret.#reported(status, askedAt)
        },
        alarm: (number) => {
          if (turret) turret.#alarmed(number)
        },
        line: (text) => {
          if (turret) turret.#said(text)
        },
        restarted: () => {
          const message = 'the controller was switched off and on, or reset by hand'
          if (turret) turret.#lost(new BenchError('connection.lost', message, { device: context.id }))
        },
        lost: (error) => {
          if (turret) turret.#lost(error)
        },
      },
      context.signal,
    )
    try {
      const version = await meet(wire, reports, context.signal)
      const facts = await learn(wire, version)
      wire.rxBytes = facts.rxBytes ?? wire.rxBytes
      const condition = new Condition(context.id, config, facts, await reports.confirmDark(wire))
      turret = new Turret(context, config, { wire, reports }, condition)
    } catch (error) {
      wire[Symbol.dispose]()
      throw error
    }
    turret.#reported(turret.#condition.status, performance.now())
    turret.#polling = turret.#poll()
    return turret
  }

  commands: Handlers = {
    'turret.move': ({ pan, tilt, relative, speed, wait }) =>
      this.#motion.move({ pan, tilt, relative }, { speed, wait }),
    'turret.jog': async ({ pan, tilt }) => {
      await this.#motion.jog({ pan, tilt })
      return {}
    },
    'turret.halt': async () => {
      await this.#motion.halt()
      return {}
    },
    'turret.home': async () => {
      await this.#home()
      return {}
    },
    'turret.unlock': () => this.#unlock(),
    'turret.motors': async ({ on }) => {
      await this.#switchMotors(on)
      return {}
    },
    'laser.enable': async () => {
      await this.#laser.enable()
      return {}
    },
    'laser.disable': async () => {
      await this.#darken()
      return {}
    },
    'laser.fire': async ({ mock, ...wanted }, { signal }) => ({
      pulses: await this.#laser.fire(wanted, mock, signal),
    }),
    'laser.resetCount': () => {
      this.#laser.resetCount()
      return Promise.resolve({})
    },
  }

  get aim(): Aim {
    return this.#motion
  }

  stop(): Promise<StopOutcome> {
    // In this order: a hold that came after the reset would suspend the controller that has just begun anew.
    this.#wire.realTime(JOG_CANCEL + HOLD + RESET)
    this.#laser.darkened()
    this.#motion.forget()
    return this.#confirmed().then(() => 'proven')
  }

  endEmission(): void {
    this.#darken().catch((error: unknown) => {
      if (this.#closed.signal.aborted) return
      // Opened again it is reset again, and not used before it is known to be dark.
      const message = `the laser was switched off, and the controller has not confirmed it: ${String(error)}`
      this.#context.fault(
        new BenchError('device.faulted', message, { device: this.#context.id, cause: error }),
      )
    })
  }

  endMotion(): void {
    this.#motion.halt().catch((error: unknown) => {
      const message = 'the turret was halted, and has not said that it is at rest'
      if (!this.#closed.signal.aborted) this.#context.log.warn({ error }, message)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    const safe = [...this.#stopping].at(-1) ?? this.stop()
    await withDeadline<unknown>(safe, CLOSE_MS, 'making the turret safe before it is closed').catch(
      (error: unknown) =>
        this.#context.log.warn({ error }, 'the turret was closed without having confirmed that it is safe'),
    )
    this.#laser.close()
    this.#wire[Symbol.dispose]()
    await this.#polling
  }

  /** Ends light before it returns; resolves when that is confirmed, at once where there was none. */
  async #darken(): Promise<void> {
    const lit = this.#laser.busy || this.#condition.status.speed > 0
    // The reset is obeyed as its byte arrives (serial.c, mc_reset). Nothing moves during a burst: it costs no position.
    if (lit) this.#wire.realTime(RESET)
    this.#laser.darkened()
    if (lit) await this.#confirmed()
  }

  /** Nothing begins to move before it is known that the reset has ended everything: that would be taken for what it has not ended. */
  #confirmed(): Promise<void> {
    const stop = this.#confirm().finally(() => {
      this.#stopping.delete(stop)
      this.#show()
    })
    this.#stopping.add(stop)
    return stop
  }

  /** Resolves when the controller has begun anew and says that nothing moves or shines. */
  async #confirm(): Promise<void> {
    for (let left = CONFIRMATIONS; ; left--) {
      try {
        await this.#wire.settled()
        this.#reported(await this.#reports.confirmDark(this.#wire), performance.now())
        return
      } catch (error) {
        if (left === 1 || !(error instanceof BenchError) || error.code !== 'aborted') throw error
      }
    }
  }

  async #home(): Promise<void> {
    const condition = this.#condition
    const require = (): void => {
      condition.requireHoming()
      condition.requireMotors()
      this.#requireIdle()
    }
    require()
    condition.homed = false
    condition.alarm = undefined
    try {
      await this.#motion.home(require)
      condition.homed = true
    } catch (error) {
      const { alarm } = condition as { alarm: Condition['alarm'] }
      if (!alarm) throw error
      const { id } = this.#context
      throw new BenchError('turret.alarm', `${id}: ${alarm.message}`, { device: id, cause: error })
    }
    await this.#reports.fresh(this.#wire)
  }

  async #unlock(): Promise<{ message: string }> {
    const condition = this.#condition
    condition.requireMotors()
    await this.#wire.send('$X')
    condition.alarm = undefined
    await this.#reports.fresh(this.#wire)
    return {
      message:
        condition.homes && !condition.homed
          ? 'Unlocked. It does not know where it points: home it before it is moved.'
          : 'Unlocked. The position is as it was counted: home if it was turned or has hit something.',
    }
  }

  async #switchMotors(on: boolean): Promise<void> {
    this.#requireIdle()
    if (this.#motion.activity !== 'rest') throw this.#busy('it is moving: halt it first')
    this.#condition.homed = false
    this.#laser.darkened()
    // Grbl has no other command for its motors than to sleep, and wakes with an alarm.
    if (on) await this.#wire.reset()
    else await this.#wire.send('$SLP')
    await this.#reports.fresh(this.#wire)
  }

  #reported(status: Status, askedAt: number): void {
    this.#condition.reported(status)
    const direction = this.#geometry.directionOf(status, this.#condition.setting(13) === 1)
    this.#motion.reported(status, direction, askedAt)
    const now = performance.now()
    if (this.#motion.steered && now - this.#shownAt < SHOWN_MS) return
    this.#shownAt = now
    this.#show()
  }

  #alarmed(number: number): void {
    const { message } = this.#condition.alarmed(number)
    this.#context.log.warn({ alarm: number }, message)
    this.#laser.darkened()
    if (this.#motion.activity !== 'homing') this.#motion.forget()
    this.#show()
  }

  #said(text: string): void {
    // After a limit it hears nothing but a reset; the alarm stays, and what it would still do is known to be nothing.
    if (text.startsWith('[MSG:Reset to continue')) this.#wire.realTime(RESET)
  }

  #lost(error: BenchError): void {
    this.#laser.darkened()
    this.#motion.forget()
    if (!this.#closed.signal.aborted) this.#context.fault(error)
  }

  #poll(): Promise<void> {
    return poll({
      wire: this.#wire,
      busy: () => this.#motion.activity !== 'rest' || this.#laser.busy || this.#stopping.size > 0,
      steered: () => this.#motion.steered,
      mute: () => this.#motion.activity === 'homing',
      silent: () => {
        const message = `the controller has said nothing for ${SILENT_MS / 1000} s: check its power and its cable`
        this.#lost(new BenchError('device.timeout', message, { device: this.#context.id }))
      },
      signal: this.#closed.signal,
    })
  }

  /** Throws `device.busy` while something is under way that a new command may not interrupt. */
  #requireIdle(): void {
    if (this.#motion.activity === 'homing') throw this.#busy('it is homing: wait, or halt it')
    if (this.#laser.busy) throw this.#busy('the laser is firing: wait for the end of the burst')
    if (this.#stopping.size > 0) throw this.#busy('it has not confirmed its stop yet: wait')
  }

  /** Why the laser may not be fired, the laser's own reasons aside. */
  #obstacles(): string[] {
    return [
      ...this.#condition.obstacles(),
      ...(this.#motion.activity === 'rest' ? [] : ['the turret is moving']),
      ...(this.#stopping.size === 0 ? [] : ['the stop is not confirmed yet']),
    ]
  }

  #show(): void {
    const { activity, position, target } = this.#motion
    const { alarm, homes, homed, motors, problems, facts } = this.#condition
    const { version, options } = facts
    const { state } = this.#context
    state.put({
      controller: { version, ...(options === undefined ? {} : { options }) },
      activity,
      moving: activity !== 'rest',
      limits: this.#geometry.limits,
      switches: this.#switches(),
      ...(homes && { homed }),
      motors,
      problems: problems.all,
      laser: this.#laser.state,
      ...(position && { position }),
      ...(target && { target }),
      ...(alarm && { alarm }),
    })
    // What is not there any more is taken out rather than left as undefined, which would be news with every report.
    state.merge({ ...(target ? {} : { target: null }), ...(alarm ? {} : { alarm: null }) })
  }

  #switches(): string[] {
    return (['pan', 'tilt'] as const).filter((name) =>
      this.#condition.status.pins.includes(this.#config[name].axis),
    )
  }

  #busy(what: string): BenchError {
    return new BenchError('device.busy', `${this.#context.id}: ${what}`, { device: this.#context.id })
  }
}
