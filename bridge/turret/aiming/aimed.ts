import type { ControlState } from '../../../shared/control/control.ts'
import type { LaserSpot, SightState } from '../../../shared/turret/sight.ts'
import { type AutoFireRules, gains, lost, type TrackingState } from '../../../shared/turret/tracking.ts'
import { epochMsOf } from '../../core/clock.ts'
import type { Caller } from '../../device/device.ts'
import type { Stream } from '../../core/stream.ts'
import type { Tables } from '../../core/tables.ts'
import type { Topic } from '../../core/topic.ts'
import { pixelsPerDegree } from './affine.ts'
import { AutoFire } from './auto-fire.ts'
import { Calibration, whyUnsure } from './calibration.ts'
import { type SightContext, turretError } from './context.ts'
import { Crosshair } from './crosshair.ts'
import { Figures } from './figures.ts'
import { TurretMemory } from './memory.ts'
import { PatternRunner } from './pattern-run.ts'
import { Presets } from './presets.ts'
import { type Look, Tracker } from './tracker.ts'
import { tunedGains } from './tuning.ts'

const CROSSHAIR_MS = 50
const TUNE_MS = 30_000

/** One turret with its camera: sighted, tracking, firing by itself, going its patterns. */
export class Aimed implements Disposable {
  readonly calibration: Calibration
  readonly crosshair: Crosshair
  readonly presets: Presets
  readonly autoFire: AutoFire
  readonly #context: SightContext
  readonly #stream: Stream
  readonly #memory: TurretMemory
  readonly #unsubscribe: (() => void)[]
  #tracker: Tracker | undefined
  #runner: { runner: PatternRunner; caller: Caller } | undefined
  readonly #figures = new Figures()
  #crosshairAt = 0

  private constructor(
    context: SightContext,
    kept: { memory: TurretMemory; presets: Presets },
    control: Topic<ControlState>,
    stream: Stream,
  ) {
    this.#context = context
    this.#stream = stream
    this.#memory = kept.memory
    this.presets = kept.presets
    this.crosshair = new Crosshair(context, this.#memory)
    this.calibration = new Calibration(context, (calibration) => this.#showSight({ calibration }))
    this.autoFire = new AutoFire(
      context,
      () => this.#tracker,
      (autoFire) => context.state.put({ autoFire }),
    )
    const { camera, mount, state } = context
    state.put({
      sight: { camera, mount, calibration: { state: 'none' }, ...this.crosshair.shown },
      tracking: {
        state: 'off',
        gains: this.#memory.read('gains', gains) ?? gains.parse({}),
        lost: this.#memory.read('lost', lost) ?? lost.parse({}),
      },
      autoFire: { armed: false },
    })
    this.#unsubscribe = [
      state.subscribe(() => this.#turretChanged()),
      control.subscribe(() => this.#controlChanged(control.value)),
    ]
  }

  /** Reads what is kept of the turret, and begins with it. */
  static async open(
    context: SightContext,
    tables: Tables,
    control: Topic<ControlState>,
    stream: Stream,
  ): Promise<Aimed> {
    const memory = await TurretMemory.open(tables, context.id, context.log)
    const presets = await Presets.open(tables, context)
    return new Aimed(context, { memory, presets }, control, stream)
  }

  get tracker(): Tracker | undefined {
    return this.#tracker
  }

  /** Rejects as `Crosshair.find` does, and with `device.busy` while it is being found. */
  async findSpot(powerPercent: number, pulseMs: number, caller: Caller): Promise<LaserSpot> {
    if (this.crosshair.isBeingFound)
      throw turretError(this.#context, 'device.busy', 'the crosshair is being looked for already')
    await this.stopTracking('the crosshair is being found')
    this.pausePattern('the crosshair is being found')
    return this.crosshair.find(powerPercent, pulseMs, caller)
  }

  /**
   * Arms auto-fire. Throws as that does, and `laser.unready` for real light at a crosshair that was never checked
   * against the laser, unless that is asked for.
   */
  armAutoFire(rules: AutoFireRules, uncheckedCrosshair: boolean, caller: Caller): void {
    const unchecked = rules.mock ? undefined : this.crosshair.whyAskFirst
    if (unchecked !== undefined && !uncheckedCrosshair)
      throw turretError(
        this.#context,
        'laser.unready',
        `${unchecked}: find the laser's spot (sight.findCrosshair), or arm with uncheckedCrosshair: true`,
      )
    this.autoFire.arm(rules, caller)
    if (unchecked !== undefined) this.crosshair.accept()
  }

  async track(wish: Pick<Required<TrackingState>, 'mode' | 'choice'>, caller: Caller): Promise<void> {
    await this.#tracker?.end('begun anew')
    this.#runner?.runner.pause('a target is tracked')
    const context = this.#context
    const { choice, mode } = wish
    const tracker: Tracker = new Tracker(
      context,
      this.calibration,
      {
        ...{ mode, choice, caller },
        gains: () => this.#tracking.gains,
        lost: () => this.#tracking.lost,
        crosshair: () => this.crosshair.place,
      },
      {
        looked: (look) => this.#looked(look),
        state: (state) => context.state.merge({ tracking: { state } }),
        ended: (why) => this.#trackerEnded(tracker, why),
      },
    )
    this.#tracker = tracker
    this.#showTracking({ state: 'waiting', mode, choice })
    try {
      await tracker.start()
    } catch (error) {
      await tracker.end(error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  async stopTracking(why: string): Promise<void> {
    await this.#tracker?.end(why)
  }

  setTracking(members: Pick<Partial<TrackingState>, 'gains' | 'lost'>): TrackingState {
    this.#context.state.put({ tracking: { ...this.#tracking, ...members } })
    for (const [name, value] of Object.entries(members)) this.#memory.write(name, value)
    return this.#tracking
  }

  /** Rejects with `device.busy` when nothing is tracked, and when no swing comes of it. */
  async tune(axis: 'pan' | 'tilt', speed: number) {
    const tracker = this.#tracker
    if (tracker?.mode !== 'turret' || tracker.state !== 'locked')
      throw turretError(
        this.#context,
        'device.busy',
        'tuning needs a target at rest that is tracked: begin with track.start',
      )
    this.#context.state.merge({ tracking: { tuning: { axis, progress: 0 } } })
    const late = setTimeout(
      () => void tracker.end('tuning came to nothing: the target never crossed'),
      TUNE_MS,
    )
    try {
      const tuned = await tracker.swing(axis, speed)
      const set = this.setTracking({ gains: tunedGains(this.#tracking.gains, tuned) })
      return {
        gains: set.gains,
        periodMs: Math.round(tuned.periodMs),
        amplitudePx: Math.round(tuned.amplitude * pixelsPerDegree(this.calibration.require()) * 10) / 10,
      }
    } catch (error) {
      throw turretError(
        this.#context,
        'aborted',
        `tuning was ended: ${error instanceof Error ? error.message : ''}`,
      )
    } finally {
      clearTimeout(late)
      this.#context.state.merge({ tracking: { tuning: null } })
    }
  }

  runPattern(name: string, caller: Caller): void {
    const pattern = this.presets.pattern(name)
    if (this.#tracker)
      throw turretError(this.#context, 'device.busy', 'a target is tracked: end that first (track.stop)')
    this.#runner?.runner.stop()
    const presetOf = (preset: string) => this.presets.preset(preset)
    const changed = (run: TurretRun | undefined): void => {
      if (run) this.#context.state.put({ pattern: run })
      else this.#context.state.merge({ pattern: null })
      if (!run) this.#runner = undefined
    }
    const runner = new PatternRunner(this.#context, { pattern, presetOf, changed })
    this.#runner = { runner, caller }
    runner.go(caller)
  }

  pausePattern(why: string): void {
    this.#runner?.runner.pause(why)
  }

  /** Throws `input.invalid` when none is paused. */
  resumePattern(caller: Caller): void {
    if (!this.#runner?.runner.paused)
      throw turretError(this.#context, 'input.invalid', 'no pattern is paused')
    if (this.#tracker)
      throw turretError(this.#context, 'device.busy', 'a target is tracked: end that first (track.stop)')
    this.#runner.caller = caller
    this.#runner.runner.go(caller)
  }

  stopPattern(): void {
    this.#runner?.runner.stop()
  }

  get runsPattern(): boolean {
    return this.#runner !== undefined && !this.#runner.runner.paused
  }

  [Symbol.dispose](): void {
    for (const end of this.#unsubscribe) end()
    this.#runner?.runner.stop()
    void this.#tracker?.end('the bench is closing').catch(() => {})
  }

  get #sight(): SightState {
    return this.#context.state.value.sight!
  }

  get #tracking(): TrackingState {
    return this.#context.state.value.tracking!
  }

  #showSight(members: Partial<SightState>): void {
    this.#context.state.put({ sight: { ...this.#sight, ...members } })
  }

  #showTracking(members: Omit<TrackingState, 'gains' | 'lost'>): void {
    const { gains: set, lost: kept } = this.#tracking
    this.#context.state.put({ tracking: { ...members, gains: set, lost: kept } })
  }

  #looked(look: Look): void {
    const { seen, errorPx, error, speed, targetSpeed, latencyMs, track, at } = look
    this.#stream.push(epochMsOf(seen.madeAt), [
      ...[errorPx?.x ?? NaN, errorPx?.y ?? NaN, error?.pan ?? NaN, error?.tilt ?? NaN],
      ...[speed.pan, speed.tilt, targetSpeed.pan, targetSpeed.tilt, latencyMs],
    ])
    this.autoFire.look(look)
    const now = performance.now()
    const { state } = this.#context
    if (track !== undefined && track !== this.#tracking.track) state.merge({ tracking: { track } })
    if (this.#tracker?.mode === 'crosshair' && at && now - this.#crosshairAt >= CROSSHAIR_MS) {
      this.#crosshairAt = now
      const rounded = (px: number): number => Math.round(px * 10) / 10
      state.merge({ tracking: { crosshair: { x: rounded(at.x), y: rounded(at.y) } } })
    }
    const figures = this.#figures.take(look, now)
    const tuning = this.#tracker?.swinging
    if (figures) state.merge({ tracking: { ...figures, ...(tuning ? { tuning } : {}) } })
  }

  #trackerEnded(tracker: Tracker, why: string): void {
    if (this.#tracker !== tracker) return
    this.#tracker = undefined
    this.autoFire.disarm('the target is not tracked any more')
    this.#showTracking({ state: 'off', why })
  }

  #turretChanged(): void {
    const { activity, pattern } = this.#context.state.value
    const why = whyUnsure(this.#context.state.value)
    if (why !== undefined) this.#unsure(why)
    const turns = activity === 'moving' || activity === 'jogging'
    // While it moves itself, another's move ends its own.
    if (turns && (pattern?.state === 'dwelling' || pattern?.state === 'acting'))
      this.pausePattern('somebody turned the turret')
  }

  #controlChanged({ stop }: ControlState): void {
    if (stop.latched) this.#unsure('the emergency stop was pressed')
    this.autoFire.check()
    const { still } = this.#context
    this.#tracker?.verify()
    if (!this.#runner || this.#runner.runner.paused) return
    try {
      still('pattern.run', this.#runner.caller)
    } catch (error) {
      this.#runner.runner.pause(error instanceof Error ? error.message : String(error))
      void this.#halt()
    }
  }

  /** Something has happened after which pixels may mean other directions. */
  #unsure(why: string): void {
    this.calibration.lapse(why)
    this.#runner?.runner.pause(why)
    void this.#tracker?.end(why).catch(() => {})
  }

  async #halt(): Promise<void> {
    const { id, device, log } = this.#context
    try {
      await device(id).commands['turret.halt']?.({ device: id }, this.#runner?.caller as Caller)
    } catch (error) {
      log.warn({ error }, `${id}: did not come to rest`)
    }
  }
}

type TurretRun = NonNullable<SightContext['state']['value']['pattern']>
