import type { Pixel, SightState } from '../../../shared/turret/sight.ts'
import type { Direction, TurretState } from '../../../shared/turret/turret.ts'
import { monotonicMs } from '../../core/clock.ts'
import { pause } from '../../core/deadline.ts'
import type { Caller } from '../../device/device.ts'
import {
  type Affine,
  degreesOf,
  fitAffine,
  fitMost,
  pixelsOf,
  pixelsPerDegree,
  type Sample,
} from './affine.ts'
import { aimOf, type SightContext, sightOf, turretError } from './context.ts'

/** After a move the turret swings, and the camera has frames of before. */
const SETTLE_MS = 120
/** Pictures that are laid over each other, against noise. */
const FRAMES = 3
/** Where it looks, in steps from where it began. */
const WAY = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const
/** Below this, pictures do not agree on any shift. */
const LEAST_QUALITY = 0.08
/** Steps are halved so often when the picture moves too far for what was in it to be found again. */
const HALVINGS = 3
const MOST_CLICKS = 50
/** A fit that is worse has been made of something else than the picture's own shift. */
const MOST_RESIDUAL_PX = 6

type Told = SightState['calibration']

/** How pixels and directions belong together: found, kept until something makes it unsure, and asked. */
export class Calibration {
  readonly #context: SightContext
  readonly #changed: (calibration: Told) => void
  #map: Affine | undefined
  #clicks: Sample[] = []
  #running = false

  constructor(context: SightContext, changed: (calibration: Told) => void) {
    this.#context = context
    this.#changed = changed
  }

  get valid(): boolean {
    return this.#map !== undefined
  }

  /** Throws `turret.uncalibrated`. */
  require(): Affine {
    if (this.#map) return this.#map
    const why = this.#context.state.value.sight?.calibration.why
    throw turretError(
      this.#context,
      'turret.uncalibrated',
      `pixels mean no direction yet${why === undefined ? '' : ` (${why})`}: calibrate first (sight.calibrate)`,
    )
  }

  /** Gives the map up, and says why. */
  lapse(why: string): void {
    if (!this.#map) return
    this.#map = undefined
    this.#clicks = []
    this.#context.log.warn(`${this.#context.id}: the calibration has lapsed: ${why}`)
    this.#changed({ state: 'lapsed', why })
  }

  forget(): void {
    this.#map = undefined
    this.#clicks = []
    this.#changed({ state: 'none' })
  }

  /** Where to point so that what is at `pixel` is at the crosshair, when the turret points at `pose`. Throws `turret.uncalibrated`. */
  directionFor(pixel: Pixel, crosshair: Pixel, pose: Direction): Direction {
    const map = this.require()
    if (this.#context.mount === 'fixed') return degreesOf(map, pixel.x - map.origin.x, pixel.y - map.origin.y)
    const way = degreesOf(map, crosshair.x - pixel.x, crosshair.y - pixel.y)
    return { pan: pose.pan + way.pan, tilt: pose.tilt + way.tilt }
  }

  /** Where something is seen that the crosshair would be on if the turret pointed at `direction`; undefined without a map. */
  seenAt(direction: Direction, crosshair: Pixel, pose: Direction): Pixel | undefined {
    if (!this.#map || this.#context.mount === 'fixed') return this.pixelOf(direction)
    const way = { pan: direction.pan - pose.pan, tilt: direction.tilt - pose.tilt }
    const { x, y } = pixelsOf(this.#map, way)
    return { x: crosshair.x - x, y: crosshair.y - y }
  }

  /** Where a fixed camera sees the place that the turret points at. */
  pixelOf(pose: Direction): Pixel | undefined {
    if (!this.#map || this.#context.mount !== 'fixed') return undefined
    const { x, y } = pixelsOf(this.#map, pose)
    return { x: this.#map.origin.x + x, y: this.#map.origin.y + y }
  }

  /** Moves, sees how the picture shifts, and fits. Rejects with `camera.failed` when that does not say, or as a move does. */
  async run(stepDegrees: number, caller: Caller): Promise<{ residualPx: number; pixelsPerDegree: number }> {
    const context = this.#context
    if (context.mount === 'fixed')
      throw turretError(
        context,
        'device.unsupported',
        "a fixed camera's picture does not move: fire weakly at three places, and click each spot (sight.click)",
      )
    if (this.#running) throw turretError(context, 'device.busy', 'it is being calibrated already')
    this.#running = true
    this.#map = undefined
    this.#changed({ state: 'running', progress: 0 })
    let why = 'it was ended'
    try {
      const samples = await this.#look(stepDegrees, caller)
      const map = fitMost(samples, MOST_RESIDUAL_PX)
      if (!map || map.residualPx > MOST_RESIDUAL_PX) {
        const off = map ? ` (they are off by ${map.residualPx.toFixed(1)} px)` : ''
        throw turretError(
          context,
          'camera.failed',
          `the picture's shifts fit no calibration${off}: look for what moves in it`,
        )
      }
      return this.#take(map)
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
      throw error
    } finally {
      this.#running = false
      if (!this.#map) this.#changed({ state: 'none', why })
    }
  }

  click(pixel: Pixel): number {
    const pose = this.#pose()
    if (this.#clicks.length >= MOST_CLICKS)
      throw turretError(this.#context, 'input.invalid', `there are ${MOST_CLICKS} clicks already: fit them`)
    this.#clicks.push({ pixel, pose })
    this.#changed({ ...this.#context.state.value.sight!.calibration, clicks: this.#clicks.length })
    return this.#clicks.length
  }

  /** Throws `input.invalid` when the clicks make no map. */
  fit(): { residualPx: number; pixelsPerDegree: number } {
    const map = fitAffine(this.#clicks)
    if (!map)
      throw turretError(
        this.#context,
        'input.invalid',
        `${this.#clicks.length} clicks make no calibration: three are needed at least, from directions that are not in a line`,
      )
    this.#clicks = []
    return this.#take(map)
  }

  async #look(stepDegrees: number, caller: Caller): Promise<Sample[]> {
    const base = await this.#inside(stepDegrees, caller)
    const sight = sightOf(this.#context)
    await this.#keep('base')
    const samples: Sample[] = [{ pixel: { x: 0, y: 0 }, pose: { pan: 0, tilt: 0 } }]
    let step = stepDegrees
    try {
      for (const [i, [right, up]] of WAY.entries()) {
        for (let left = HALVINGS; ; left--, step /= 2) {
          const pose = await this.#move(base, right * step, up * step, caller)
          await this.#keep('there')
          const { x, y, quality } = await sight.shift('base', 'there')
          if (quality < LEAST_QUALITY && left > 0) continue
          if (quality < LEAST_QUALITY) {
            const what =
              'nothing in the picture can be found again after a move: give it more to see, or more light'
            throw turretError(this.#context, 'camera.failed', what)
          }
          samples.push({ pixel: { x, y }, pose: { pan: pose.pan - base.pan, tilt: pose.tilt - base.tilt } })
          break
        }
        this.#changed({ state: 'running', progress: (i + 1) / (WAY.length + 1) })
      }
    } finally {
      await this.#move(base, 0, 0, caller).catch(() => {})
    }
    await this.#requireReturn(caller)
    return samples
  }

  /** Throws when the picture is not where it was at first, now that the turret is: something else than the turret has moved it. */
  async #requireReturn(caller: Caller): Promise<void> {
    if (caller.signal.aborted) throw turretError(this.#context, 'aborted', 'the calibration was given up')
    await this.#keep('there')
    const { x, y, quality } = await sightOf(this.#context).shift('base', 'there')
    const away = Math.hypot(x, y)
    if (quality >= LEAST_QUALITY && away <= MOST_RESIDUAL_PX) return
    const what = quality < LEAST_QUALITY ? 'is another' : `lies ${Math.round(away)} px beside itself`
    throw turretError(
      this.#context,
      'camera.failed',
      `the picture ${what} after the turret has come back: see whether the camera is fixed, and what moves before it`,
    )
  }

  /** Where it points, a step within its limits: homing leaves it beyond them. */
  async #inside(step: number, caller: Caller): Promise<Direction> {
    const here = this.#pose()
    const { limits } = this.#context.state.value
    if (!limits) return here
    const within = (axis: 'pan' | 'tilt'): number => {
      const { min, max } = limits[axis]
      const room = Math.min(step, (max - min) / 2)
      return Math.max(min + room, Math.min(max - room, here[axis]))
    }
    const base = { pan: within('pan'), tilt: within('tilt') }
    return base.pan === here.pan && base.tilt === here.tilt ? here : this.#move(base, 0, 0, caller)
  }

  /** Goes some way from `base`, the other way where that would be beyond a limit; resolves with where it points then. */
  async #move(base: Direction, pan: number, tilt: number, caller: Caller): Promise<Direction> {
    const { id, call, state } = this.#context
    const { limits } = state.value
    const to = { pan: base.pan + pan, tilt: base.tilt + tilt }
    for (const axis of ['pan', 'tilt'] as const) {
      const beyond = limits && (to[axis] > limits[axis].max || to[axis] < limits[axis].min)
      if (beyond) to[axis] = 2 * base[axis] - to[axis]
    }
    await call('turret.move', { device: id, ...to, relative: false, wait: true }, caller)
    await pause(SETTLE_MS, caller.signal)
    return this.#pose()
  }

  #keep(name: string): Promise<void> {
    return sightOf(this.#context).keep(name, monotonicMs(), FRAMES)
  }

  #take(map: Affine): { residualPx: number; pixelsPerDegree: number } {
    this.#map = map
    const fit = {
      residualPx: Math.round(map.residualPx * 100) / 100,
      pixelsPerDegree: Math.round(pixelsPerDegree(map) * 1000) / 1000,
    }
    this.#changed({ state: 'valid', ...fit, map: map.matrix, at: Date.now() })
    return fit
  }

  #pose(): Direction {
    const pose = aimOf(this.#context).at(performance.now())
    if (!pose)
      throw turretError(this.#context, 'device.busy', 'it has not yet said where it points: try again')
    return pose
  }
}

/** Why pixels may mean other directions by now, as far as the turret itself knows; undefined when they do not. */
export function whyUnsure({ alarm, homed, motors, lifecycle }: TurretState): string | undefined {
  if (alarm) return alarm.message
  if (homed === false) return 'the turret does not know where it points'
  if (motors === false) return 'the motors are without current'
  return lifecycle.phase === 'ready' ? undefined : `the turret is ${lifecycle.phase}`
}
