import type { Pixel } from '../../../shared/turret/sight.ts'
import type { Choice, Gains, Lost } from '../../../shared/turret/tracking.ts'
import type { Direction } from '../../../shared/turret/turret.ts'
import type { Following, Steering } from '../../device/aim.ts'
import { localMsOf } from '../../core/clock.ts'
import type { Caller } from '../../device/device.ts'
import type { Sighting } from '../../device/sight.ts'
import { pixelsPerDegree } from './affine.ts'
import type { Calibration } from './calibration.ts'
import { chooseTarget } from './choose.ts'
import { aimOf, type SightContext, sightOf } from './context.ts'
import { FreshPictures } from './fresh-pictures.ts'
import { lostAt, searched, stateAfter, type TrackState } from './lost.ts'
import { Pid } from './pid.ts'
import { Target } from './target.ts'
import { Relay, type Tuned } from './tuning.ts'

/** After so long where it must be is anybody's guess. */
const EXPECTED_MS = 1500
/** Commands change the speed by no more than this share of what the motors can: they would not keep up, and be elsewhere than is thought. */
const AGILITY_SHARE = 0.7
/** How near to its goal a slow way back has to come. */
const NEAR_DEGREES = 0.2

/** One look at the target. */
export interface Look {
  seen: Sighting
  /** Of the target; undefined when it was not seen in this frame. */
  track: number | undefined
  at: Pixel | undefined
  errorPx: Pixel | undefined
  error: Direction | undefined
  /** Of the turret and of the target, degrees/s. */
  speed: Direction
  targetSpeed: Direction
  /** From the frame to the newest motion command that follows from it. */
  latencyMs: number
}

export interface TrackerEvents {
  looked(look: Look): void
  state(state: TrackState): void
  /** Once, with the reason in words. */
  ended(why: string): void
}

export interface TrackerOptions {
  mode: 'turret' | 'crosshair'
  choice: Choice
  caller: Caller
  gains: () => Gains
  lost: () => Lost
  crosshair: () => Pixel
}

interface Swing {
  axis: 'pan' | 'tilt'
  relay: Relay
  done: PromiseWithResolvers<Tuned>
}

const STILL: Direction = { pan: 0, tilt: 0 }

/** Keeps one target at the crosshair, for as long as whoever began it may. */
export class Tracker implements Steering {
  readonly #context: SightContext
  readonly #calibration: Calibration
  readonly #options: TrackerOptions
  readonly #events: TrackerEvents
  readonly #target = new Target()
  readonly #pid = { pan: new Pid(), tilt: new Pid() }
  #following: Following | undefined
  #unfollow: (() => void) | undefined
  #track: number | undefined
  #state: TrackState = 'waiting'
  #home: Direction | undefined
  #velocity: Direction = STILL
  #frameAt: number | undefined
  #latencyMs = NaN
  #over = false
  #held = false
  #relay: Swing | undefined
  readonly #pictures = new FreshPictures(
    (why) => void this.end(`${why}: nothing can be followed by that`).catch(() => {}),
  )

  constructor(
    context: SightContext,
    calibration: Calibration,
    options: TrackerOptions,
    events: TrackerEvents,
  ) {
    this.#context = context
    this.#calibration = calibration
    this.#options = options
    this.#events = events
  }

  get mode(): 'turret' | 'crosshair' {
    return this.#options.mode
  }

  get state(): TrackState {
    return this.#state
  }

  /** Degrees/s that it was last told to turn at. */
  get speed(): number {
    return Math.hypot(this.#velocity.pan, this.#velocity.tilt)
  }

  /** Rejects with `turret.uncalibrated` or as a move does. */
  async start(): Promise<void> {
    const sight = sightOf(this.#context)
    if (this.#options.mode === 'turret') {
      this.#calibration.require()
      this.#home = aimOf(this.#context).at(performance.now())
      await this.#steer()
    }
    this.#unfollow = sight.follow((seen) => this.#look(seen))
  }

  /** Comes to rest and stays, though it goes on looking; `resume` follows again. */
  async hold(): Promise<void> {
    this.#held = true
    const following = this.#following
    this.#following = undefined
    await following?.end()
  }

  async resume(): Promise<void> {
    if (!this.#held || this.#over) return
    this.#held = false
    await this.#steer()
  }

  /** Resolves at rest. */
  async end(why: string): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#pictures.end()
    this.#unfollow?.()
    this.#relay?.done.reject(new Error(why))
    const following = this.#following
    this.#following = undefined
    this.#events.ended(why)
    await following?.end()
  }

  /** Swings the axis by a relay; resolves with what that says. Rejects when tracking ends first. */
  swing(axis: 'pan' | 'tilt', speed: number): Promise<Tuned> {
    const done = Promise.withResolvers<Tuned>()
    this.#relay = { axis, relay: new Relay(speed), done }
    return done.promise.finally(() => (this.#relay = undefined))
  }

  /** Whether it may go on; ends when whoever began it may not any more. */
  verify(): boolean {
    try {
      this.#context.still('track.start', this.#options.caller)
      return true
    } catch (error) {
      void this.end(error instanceof Error ? error.message : String(error)).catch(() => {})
      return false
    }
  }

  get swinging(): { axis: 'pan' | 'tilt'; progress: number } | undefined {
    return this.#relay && { axis: this.#relay.axis, progress: this.#relay.relay.progress }
  }

  velocity(at: number, from: Direction, seconds: number): Direction {
    if (this.#frameAt !== undefined) {
      this.#latencyMs = performance.now() - this.#frameAt
      this.#frameAt = undefined
    }
    const wanted = this.#wanted(at, from, seconds)
    const [pan, tilt] = [wanted.pan - this.#velocity.pan, wanted.tilt - this.#velocity.tilt]
    const share = Math.min(
      1,
      (AGILITY_SHARE * aimOf(this.#context).agility * seconds) / Math.max(1e-9, Math.hypot(pan, tilt)),
    )
    this.#velocity = { pan: this.#velocity.pan + pan * share, tilt: this.#velocity.tilt + tilt * share }
    return this.#velocity
  }

  async #steer(): Promise<void> {
    this.#pid.pan.reset()
    this.#pid.tilt.reset()
    const following = await aimOf(this.#context).follow(this)
    if (this.#over || this.#held) {
      await following.end()
      return
    }
    this.#following = following
    void following.ended.then(() => {
      // Whatever ended it had a reason that is not this one's to undo.
      if (this.#following === following) void this.end('something else moved or stopped the turret')
    })
  }

  #look(seen: Sighting): void {
    if (!this.verify() || !this.#pictures.take(seen.madeAt)) return
    const at = localMsOf(seen.madeAt) - (seen.exposureMs ?? 0) / 2
    const pose = aimOf(this.#context).at(at)
    const crosshair = (pose && this.#calibration.pixelOf(pose)) ?? this.#options.crosshair()
    const thing = chooseTarget(
      seen,
      this.#options.choice,
      crosshair,
      this.#track,
      this.#expected(at, crosshair, pose),
    )
    if (thing) this.#track = thing.track
    const isSeen = thing !== undefined && !thing.coasting
    const { noisePx } = this.#options.gains()
    let error: Direction | undefined
    if (isSeen && this.#options.mode === 'turret' && pose && this.#calibration.valid) {
      const place = this.#calibration.directionFor(thing, crosshair, pose)
      this.#target.see(place, at, noisePx / pixelsPerDegree(this.#calibration.require()))
      error = { pan: place.pan - pose.pan, tilt: place.tilt - pose.tilt }
      this.#frameAt = at
      this.#swing(error, at)
    } else if (isSeen) this.#target.see({ pan: thing.x, tilt: thing.y }, at, noisePx)
    this.#show(this.#stateAt(performance.now()))
    this.#events.looked({
      seen,
      track: isSeen ? thing.track : undefined,
      at: isSeen ? { x: thing.x, y: thing.y } : undefined,
      errorPx: isSeen ? { x: thing.x - crosshair.x, y: thing.y - crosshair.y } : undefined,
      error,
      speed: this.#velocity,
      targetSpeed: this.#target.speed,
      latencyMs: this.#latencyMs,
    })
  }

  /** Where the target must be in a picture that was made at `at`; undefined when it was not seen for long. */
  #expected(at: number, crosshair: Pixel, pose: Direction | undefined): Pixel | undefined {
    if (Math.abs(at - this.#target.seenAt) > EXPECTED_MS) return undefined
    const place = this.#target.at(at)
    if (this.#options.mode === 'crosshair') return { x: place.pan, y: place.tilt }
    return pose && this.#calibration.seenAt(place, crosshair, pose)
  }

  /** The relay goes by what is seen, when it is seen: it is to find how late that is. */
  #swing(error: Direction, at: number): void {
    const swing = this.#relay
    const tuned = swing?.relay.see(error[swing.axis], at)
    if (tuned) swing?.done.resolve(tuned)
  }

  #stateAt(now: number): TrackState {
    const isSteered = this.#options.mode === 'turret'
    const state = stateAfter(now - this.#target.seenAt, this.#options.lost(), isSteered)
    if (state !== 'given up') return state
    void this.end('the target was lost')
    return 'waiting'
  }

  #show(state: TrackState): void {
    if (this.#over || state === this.#state) return
    // Whoever is found after a search may have another identity by then.
    if (state === 'searching') this.#track = undefined
    this.#state = state
    this.#events.state(state)
  }

  #wanted(at: number, from: Direction, seconds: number): Direction {
    const state = this.#stateAt(performance.now())
    this.#show(state)
    const gains = this.#options.gains()
    if (state === 'waiting' || this.#over || !this.#calibration.valid) return STILL
    if (state === 'recentring') return this.#towards(this.#home ?? from, from, gains)
    if (state === 'searching') {
      const began = lostAt(this.#target.seenAt, this.#options.lost())
      const place = searched(this.#target.at(began), Math.max(0, (at - began) / 1000))
      return this.#towards(place, from, gains)
    }
    // The motors will be there later than they are meant to.
    const then = at + aimOf(this.#context).lagMs + gains.leadMs
    const goal = this.#target.at(then)
    const speed = this.#target.speedAt(then + (seconds * 1000) / 2)
    const ease = gains.deadbandPx / pixelsPerDegree(this.#calibration.require())
    const on = (axis: 'pan' | 'tilt'): number => {
      if (this.#relay?.axis === axis) return this.#relay.relay.velocity
      const off = goal[axis] - from[axis]
      // What is less than the deadband is none; what is more is counted from its edge, without a jump.
      const error = Math.sign(off) * Math.max(0, Math.abs(off) - ease)
      return this.#pid[axis].next(error, speed[axis], seconds, gains)
    }
    return { pan: on('pan'), tilt: on('tilt') }
  }

  #towards(goal: Direction, from: Direction, { p, mostSpeed }: Gains): Direction {
    const on = (axis: 'pan' | 'tilt'): number => {
      const off = goal[axis] - from[axis]
      if (Math.abs(off) < NEAR_DEGREES) return 0
      return Math.max(-mostSpeed, Math.min(mostSpeed, p * off))
    }
    return { pan: on('pan'), tilt: on('tilt') }
  }
}
