import type { Clock } from './clock.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { ScpiError } from './errors.ts'
import type { Settings } from './settings.ts'
import { Slices } from './slices.ts'
import { Measurement } from './trace.ts'
import type { Recipe, Source } from './trace.ts'

/** Bits of `:STATus:OPERation:CONDition?` (EXFO CTP10 programming guide). */
const scanning = 1 << 2
const analysing = 1 << 3
const aborting = 1 << 4
const referencing = 1 << 6
const quickReferencing = 1 << 7
const updatingSetup = 1 << 9
const saving = 1 << 12

const mostPoints = 10_000_001

type Segment = { start: number; stop: number; speed: number; power: number }
type Plan = { segments: Segment[]; seconds: number; recipe: Recipe }
type Light = { wavelength: number; launched: number }

/** What the instrument is busy with, one thing at a time. Times in s, wavelengths in nm. */
export class Sweep {
  /** The condition register. */
  condition = 0
  /** The traces of the last sweep that came to its end. */
  measurement: Measurement | undefined
  readonly #clock: Clock
  readonly #devices: ReadonlyMap<number, DeviceUnderTest>
  readonly #slices = new Slices()
  readonly #report: (error: ScpiError) => void
  readonly #lit: () => void
  #number: number
  #likely: Measurement | undefined
  #work = new AbortController()
  #idle: Promise<void> = Promise.resolve()
  #scan: { segments: Segment[]; began: number } | undefined

  constructor(
    clock: Clock,
    devices: ReadonlyMap<number, DeviceUnderTest>,
    seed: number,
    { report, lit }: { report: (error: ScpiError) => void; lit: () => void },
  ) {
    this.#clock = clock
    this.#report = report
    this.#lit = lit
    this.#devices = devices
    this.#number = seed * 7919
  }

  /** Resolves when the register is 0 again; never in continuous mode, until an abort. */
  get idle(): Promise<void> {
    return this.#idle
  }

  get isScanning(): boolean {
    return this.condition === scanning
  }

  /** Starts sweeping, again and again where the settings say so. */
  start(settings: Settings): void {
    this.#refuseIfBusy()
    let plan = this.#plan(settings)
    this.#begin(updatingSetup, async (signal) => {
      for (;;) {
        await this.#clock.sleep(0.2, signal)
        await this.#scanOnce(plan, settings, signal)
        if (!settings.continuous) return
        plan = this.#plan(settings)
        this.condition = updatingSetup
      }
    })
  }

  /** A reference on one detector, or a quick one; `done` is called unless it is aborted. */
  reference(quick: boolean, done: () => void): void {
    this.#refuseIfBusy()
    this.#begin(quick ? quickReferencing : referencing, async (signal) => {
      await this.#clock.sleep(quick ? 2 : 5, signal)
      done()
    })
  }

  save(): void {
    this.#refuseIfBusy()
    this.#begin(saving, (signal) => this.#clock.sleep(0.2, signal))
  }

  abort(): void {
    if (this.condition === 0 || this.condition === aborting) return
    this.condition = aborting
    this.#scan = undefined
    this.#work.abort()
  }

  /** Traces at once, as if a sweep had just ended. */
  pretend(settings: Settings): void {
    const now = this.#clock.now()
    const { recipe, seconds } = this.#plan(settings)
    this.measurement = new Measurement(
      { ...recipe, from: now - seconds, to: now },
      this.#devices,
      this.#slices,
    )
  }

  /** Where the sweeping laser is and what it emits in dBm; undefined while none sweeps. */
  light(): Light | undefined {
    if (!this.#scan) return undefined
    let elapsed = Math.max(0, this.#clock.now() - this.#scan.began)
    let light: Light | undefined
    for (const { start, stop, speed, power } of this.#scan.segments) {
      light = { wavelength: Math.min(stop, start + speed * elapsed), launched: power }
      elapsed -= (stop - start) / speed
      if (elapsed < 0) break
    }
    return light
  }

  #refuseIfBusy(): void {
    if (this.condition !== 0) throw new ScpiError(-213)
  }

  /** Sets the first bit before it returns, so that no question can find the instrument idle in between. */
  #begin(bit: number, work: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController()
    this.#work = controller
    this.condition = bit
    this.#idle = work(controller.signal)
      .catch(async (error: unknown) => {
        if (error instanceof ScpiError) this.#report(error)
        else if (controller.signal.aborted) await this.#clock.sleep(0.1)
        else throw error
      })
      .finally(() => {
        this.condition = 0
        this.#scan = undefined
      })
  }

  #plan(settings: Settings): Plan {
    const segments = settings.used.map(({ start, stop, speed, power }) => ({ start, stop, speed, power }))
    const [first] = segments
    if (!first) throw new ScpiError(-221, 'no laser takes part in the sweep')
    const stop = Math.max(...segments.map((segment) => segment.stop))
    const points = Math.round(((stop - first.start) * 1000) / settings.sampling) + 1
    if (points > mostPoints) throw new ScpiError(-221, 'too many points')
    const seconds = segments.reduce((sum, segment) => sum + (segment.stop - segment.start) / segment.speed, 0)
    const recipe = {
      start: Math.round(first.start * 1e6) / 1e3,
      step: settings.sampling,
      points,
      launched: first.power,
      from: 0,
      to: 0,
      seed: ++this.#number,
    }
    return { segments, seconds, recipe }
  }

  async #scanOnce(
    { segments, seconds, recipe }: Plan,
    settings: Settings,
    signal: AbortSignal,
  ): Promise<void> {
    const began = this.#clock.now() + settings.stabilization.seconds
    const measurement = new Measurement(
      { ...recipe, from: began, to: began + seconds },
      this.#devices,
      this.#slices,
    )
    if (this.measurement?.wasAsked) this.#likely = this.measurement
    const usual: Source = { module: Math.min(4, this.#devices.size), channel: 1, type: 1, linear: false }
    const prepared = measurement.prepare(this.#likely, usual, signal)
    // The wait below meets its failure; until then it must not count as unhandled.
    prepared.catch(() => undefined)
    this.condition = scanning
    this.#scan = { segments, began }
    // An abort leaves them as they are: lit.
    this.#light(settings, true)
    await this.#clock.sleep(began - this.#clock.now() + seconds, signal)
    this.condition = analysing
    this.#scan = undefined
    await Promise.all([this.#clock.sleep(0.3, signal), prepared])
    this.measurement = measurement
    this.#light(settings, settings.stabilization.output)
  }

  #light(settings: Settings, on: boolean): void {
    for (const { identifier } of settings.used) {
      const laser = settings.lasers.get(identifier)
      if (laser) laser.on = on
    }
    this.#lit()
  }
}
