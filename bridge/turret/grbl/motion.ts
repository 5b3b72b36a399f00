import { BenchError } from '../../../shared/wire/errors.ts'
import type { Direction, TurretState } from '../../../shared/turret/turret.ts'
import type { Aim, Following, Steering } from '../../device/aim.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { DeviceGuard } from '../../core/guard.ts'
import type { Geometry } from './geometry.ts'
import { moves, type Status } from './status.ts'
import { Pursuit } from './pursuit.ts'
import { NIMBLE, Stream } from './stream.ts'
import { type GrblWire, HOLD, JOG_CANCEL, RESET } from './wire.ts'

/** A jog that is not repeated within this ends by itself. */
const JOG_LIVES_MS = 200
const REST_MS = 5000
/** So near to its target, degrees, a move has arrived. */
const ARRIVED = 0.05

type Activity = NonNullable<TurretState['activity']>

interface MotionOptions {
  id: string
  wire: GrblWire
  geometry: Geometry
  guard: DeviceGuard
  /** Acceleration, mm/s², of each axis as the controller has it. */
  acceleration: (axis: 'pan' | 'tilt') => number
  /** Degrees of one motor step of each axis. */
  step: (axis: 'pan' | 'tilt') => number
  homeWithinMs: number
  /** Whether its positions are directions. */
  knowsPlace: () => boolean
  /** Throws while nothing may move. */
  require: () => void
  /** It was told to come to rest, and has not. */
  restless: (error: BenchError) => void
  changed: () => void
}

/** What turns: at most one wish is followed, and the newest wins. */
export class Motion implements Aim {
  readonly #options: MotionOptions
  readonly #stream: Stream
  readonly #pursuit = new Pursuit()
  #activity: Activity = 'rest'
  #position: Direction | undefined
  #target: Direction | undefined
  /** Counts wishes: one that is no longer the newest is void. */
  #wish = 0
  /** Resolves with whether it arrived when motion ends. */
  #rest = Promise.withResolvers<boolean>()
  /** A report that was asked for before this says nothing about the motion now. */
  #trustFrom = -Infinity
  /** Whether G-code of somebody else is what turns it, as the newest report says. */
  #runs = false
  #jog: { velocity: Direction; timer: NodeJS.Timeout } | undefined

  constructor(options: MotionOptions) {
    this.#options = options
    this.#stream = new Stream({
      ...options,
      planned: (at, direction) => this.#pursuit.plan(at, direction),
      lagMs: () => this.#pursuit.lagMs,
      refused: (error) => this.#streamRefused(error),
    })
  }

  get activity(): Activity {
    return this.#activity
  }

  get position(): Direction | undefined {
    return this.#position
  }

  get target(): Direction | undefined {
    return this.#target
  }

  /**
   * Goes to a direction, degrees, at `speed` degrees/s; resolves with it when the controller has taken it, or with
   * `wait` on arrival. Rejects with `input.invalid` beyond the limits, `turret.error`, and `aborted` when it does not
   * get there.
   */
  async move(
    wanted: { pan?: number | undefined; tilt?: number | undefined; relative: boolean },
    { speed, wait }: { speed: number | undefined; wait: boolean },
  ): Promise<Direction> {
    const { wire, geometry } = this.#options
    this.#options.require()
    const goal = this.#target
    const aim = (): Direction => {
      const base = goal ?? this.#position
      if (!base) throw this.#unknown()
      const add = wanted.relative ? base : { pan: 0, tilt: 0 }
      const pan = wanted.pan === undefined ? base.pan : add.pan + wanted.pan
      const tilt = wanted.tilt === undefined ? base.tilt : add.tilt + wanted.tilt
      const beyond = geometry.beyond(base, { pan, tilt })
      if (beyond !== undefined) throw this.#error('input.invalid', beyond)
      return { pan, tilt }
    }
    aim()
    const from = await this.#clear(this.#options.require)
    if (!from) throw this.#unknown()
    // Braking has taken it further.
    const to = aim()
    this.#begin('moving', to)
    const rest = this.#rest.promise
    try {
      await wire.send(geometry.jogLine(from, to, geometry.seconds(from, to, speed)))
    } catch (error) {
      this.#trustFrom = performance.now()
      // Unless it was refused it may be executed all the same: the reports say when that is over.
      const refused = error instanceof BenchError && error.code === 'turret.error'
      if (refused && this.#rest.promise === rest) this.#end(false)
      throw error
    }
    this.#trustFrom = performance.now()
    if (wait && !(await rest)) throw this.#error('aborted', 'the move was ended before it arrived')
    return to
  }

  /** Turns at a velocity, degrees/s, until 200 ms after the last call. */
  async jog(wanted: Direction): Promise<void> {
    this.#options.require()
    const velocity = this.#options.geometry.atMost(wanted)
    if (velocity.pan === 0 && velocity.tilt === 0) {
      if (this.#activity === 'jogging') void this.halt().catch(() => {})
      return
    }
    const going = this.#jog !== undefined
    clearTimeout(this.#jog?.timer)
    const timer = setTimeout(() => void this.halt().catch(() => {}), JOG_LIVES_MS)
    this.#jog = { velocity, timer }
    if (going) {
      if (this.#activity === 'jogging') this.#stream.turn(velocity)
      return
    }
    try {
      const from = await this.#clear(this.#options.require, true)
      if (!from) throw this.#unknown()
      this.#begin('jogging', undefined)
      this.#trustFrom = performance.now()
      this.#stream.start(from, (this.#jog as { velocity: Direction } | undefined)?.velocity ?? velocity)
    } catch (error) {
      if (this.#activity !== 'jogging') this.#letGo()
      throw error
    }
  }

  at(time: number): Direction | undefined {
    return this.#options.knowsPlace() ? this.#pursuit.at(time) : undefined
  }

  /** Whether somebody steers, and needs to know where it is. */
  get steered(): boolean {
    return this.#pursuit.steered
  }

  get lagMs(): number {
    return this.#pursuit.lagMs
  }

  get agility(): number {
    const { geometry, acceleration } = this.#options
    return Math.min(
      ...(['pan', 'tilt'] as const).map((axis) => Math.abs(acceleration(axis) / geometry.mmSpan(axis, 1))),
    )
  }

  async follow(steering: Steering): Promise<Following> {
    this.#options.require()
    const from = await this.#clear(this.#options.require)
    if (!from) throw this.#unknown()
    this.#begin('jogging', undefined)
    this.#trustFrom = performance.now()
    this.#pursuit.begin()
    const rest = this.#rest.promise
    this.#stream.steer(from, steering, NIMBLE)
    return {
      ended: rest.then(() => {}),
      end: () => (this.#rest.promise === rest ? this.halt() : Promise.resolve()),
    }
  }

  /**
   * Ends motion with the controller's own deceleration, so that the position is kept; homing can only be cut off. The
   * bytes are on their way before this returns; resolves at rest. Rejects with `device.timeout`.
   */
  halt(): Promise<void> {
    this.#wish += 1
    this.#letGo()
    const { wire, id } = this.#options
    if (this.#activity === 'homing') {
      wire.realTime(RESET)
      return wire.settled().then(() => {})
    }
    // G-code knows no jog cancel. It is held, and given up by a reset once it is at rest.
    wire.realTime(this.#runs ? HOLD : JOG_CANCEL)
    if (this.#activity === 'rest') return Promise.resolve()
    this.#activity = 'stopping'
    this.#target = undefined
    this.#trustFrom = performance.now()
    this.#options.changed()
    return withDeadline(
      this.#rest.promise.then(() => {}),
      REST_MS,
      'coming to rest',
      { device: id },
    ).catch((error: unknown) => {
      if (error instanceof BenchError) this.#options.restless(error)
      throw error
    })
  }

  /** Runs the homing cycle, once `require` still lets it when what moved is at rest. Rejects with `turret.error`, or `aborted` when an alarm or a reset ended it. */
  async home(require: () => void): Promise<void> {
    await this.#clear(require)
    this.#begin('homing', undefined)
    const rest = this.#rest.promise
    try {
      // Until it is done the controller answers nothing, not even a status report.
      await this.#options.wire.send('$H', this.#options.homeWithinMs)
      this.#end(true)
    } catch (error) {
      if (error instanceof BenchError && error.code === 'device.timeout') this.#options.wire.realTime(RESET)
      if (this.#rest.promise === rest) this.#end(false)
      throw error
    }
  }

  /** A reset has ended, or is about to end, all motion. */
  forget(): void {
    this.#wish += 1
    this.#letGo()
    this.#end(false)
  }

  /** Takes a report that was asked for at `askedAt`; `fires`: a pulse is what it executes. */
  reported(status: Status, direction: Direction | undefined, askedAt: number, fires: boolean): void {
    this.#position = direction ?? this.#position
    // One that nobody has asked for says nothing of when it was made.
    if (direction && askedAt > 0) this.#pursuit.report((askedAt + performance.now()) / 2, direction)
    this.#runs = status.state === 'Run'
    if (this.#activity === 'homing') return
    const { wire, guard } = this.#options
    const trusted = askedAt >= this.#trustFrom
    if (this.#activity === 'rest') {
      if (!trusted || fires) return
      if (moves(status)) this.#begin('moving', undefined)
      else guard.seenAtRest()
      // It turns already, and not by what is sent from here.
      this.#trustFrom = askedAt
      return
    }
    // Lines that were on their way when the jog was cancelled begin another.
    if (this.#activity === 'stopping' && status.state === 'Jog') wire.realTime(JOG_CANCEL)
    if (moves(status) || !trusted || this.#stream.unanswered > 0) return
    if (this.#activity === 'jogging') return
    if (this.#activity === 'stopping' && status.state === 'Hold') wire.realTime(RESET)
    this.#end(this.#activity === 'moving' && status.state === 'Idle' && this.#isThere())
    guard.seenAtRest()
  }

  #isThere(): boolean {
    const [target, position] = [this.#target, this.#position]
    if (!target || !position) return false
    return (['pan', 'tilt'] as const).every(
      (axis) => Math.abs(target[axis] - position[axis]) <= Math.max(ARRIVED, this.#options.step(axis)),
    )
  }

  /** Makes way for a new wish, and gives where it begins. Rejects with `aborted` when a newer one came meanwhile. */
  async #clear(require: () => void, jogs = false): Promise<Direction | undefined> {
    const halted = this.#activity === 'rest' ? undefined : this.#stopKeeping(jogs)
    const wish = ++this.#wish
    await halted
    if (wish !== this.#wish) throw this.#error('aborted', 'a newer command came first')
    require()
    return this.#position
  }

  /** Halts; a jog that has just begun to be wanted stays wanted. */
  #stopKeeping(jogs: boolean): Promise<void> {
    const jog = this.#jog
    if (jogs) this.#jog = undefined
    const halted = this.halt()
    if (jogs) this.#jog = jog
    return halted
  }

  #begin(activity: Activity, target: Direction | undefined): void {
    this.#rest = Promise.withResolvers()
    this.#activity = activity
    this.#target = target
    this.#trustFrom = Infinity
    this.#options.guard.mayMove()
    this.#options.changed()
  }

  #end(arrived: boolean): void {
    this.#activity = 'rest'
    this.#target = undefined
    // Reports from before it may be on their way still.
    this.#trustFrom = performance.now()
    this.#rest.resolve(arrived)
    this.#options.changed()
  }

  #letGo(): void {
    clearTimeout(this.#jog?.timer)
    this.#jog = undefined
    this.#stream.end()
    this.#pursuit.end()
  }

  #streamRefused(error: unknown): void {
    const { wire } = this.#options
    // At the end of the travel the controller takes no more: that is what a jog comes to.
    if (this.#activity === 'jogging' && !(error instanceof BenchError && error.code === 'connection.lost'))
      void this.halt().catch(() => wire.realTime(JOG_CANCEL))
  }

  #unknown(): BenchError {
    return this.#error('device.busy', 'the controller has not yet said where it points: ask again')
  }

  #error(code: 'input.invalid' | 'aborted' | 'device.busy', what: string): BenchError {
    return new BenchError(code, `${this.#options.id}: ${what}`, { device: this.#options.id })
  }
}
