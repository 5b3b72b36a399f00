import type { Spindle } from './block.ts'
import { Laser, type LightChange } from './laser.ts'
import { Overrides } from './overrides.ts'
import type { BlockLight } from './planner.ts'
import type { Settings } from './settings.ts'

/** The spindle's output, which is the laser (spindle_control.c). */
export class Output {
  readonly overrides = new Overrides()
  readonly #settings: Settings
  readonly #laser: Laser
  /** S now, before overrides. */
  speed = 0

  constructor(settings: Settings, changed: (change: LightChange) => void) {
    this.#settings = settings
    this.#laser = new Laser(changed)
  }

  /** S now, as it is reported. */
  get effective(): number {
    return (this.speed * this.overrides.spindle) / 100
  }

  /** As the parser sets it, at rest: in laser mode M4 is dark then. */
  set(mode: Spindle, s: number): void {
    this.speed = mode === 'M5' || (mode === 'M4' && this.#settings.isSet(32)) ? 0 : s
    this.shine()
  }

  /** As a running block sets it, which has `share` of its speed: in laser mode M4 follows it. */
  follow({ spindle, s }: BlockLight, share: number): void {
    const dynamic = spindle === 'M4' && this.#settings.isSet(32)
    this.speed = spindle === 'M5' ? 0 : s * (dynamic ? share : 1)
    this.shine()
  }

  dark(): void {
    this.speed = 0
    this.shine()
  }

  /** Puts the light where speed and overrides want it. */
  shine(): void {
    const s = this.effective
    const [least, most] = [this.#settings.get(31), this.#settings.get(30)]
    if (s <= 0) this.#laser.set(0)
    else if (least >= most || s >= most) this.#laser.set(1)
    else this.#laser.set((Math.floor(Math.max(0, (s - least) / (most - least)) * 254) + 1) / 255)
  }
}
