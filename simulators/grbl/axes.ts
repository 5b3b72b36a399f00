import { Homing, homedPosition } from './homing.ts'
import type { Mechanics } from './mechanics.ts'
import { Planner } from './planner.ts'
import type { Settings } from './settings.ts'

const AXES = [0, 1]
/** How long motors go on turning uncounted after they were cut off at speed, s. */
const COAST_S = 0.02

interface AxesOptions {
  settings: Settings
  mechanics: Mechanics
  /** A limit pin has changed. */
  pins: () => void
  /** Motion has begun or ended. */
  motion: (moving: boolean, ns: bigint) => void
}

/** The motors: what moves them, what they move, and the switches that they meet. */
export class Axes {
  readonly planner: Planner
  readonly mechanics: Mechanics
  readonly #options: AxesOptions
  #homing: Homing | undefined
  #pins: boolean[]
  #moving = false
  #last = performance.now()

  constructor(options: AxesOptions) {
    this.#options = options
    this.mechanics = options.mechanics
    this.planner = new Planner(options.settings, (axis, mm) => {
      this.mechanics.turn(axis, mm)
      this.checkPins()
    })
    this.#pins = this.pins
  }

  /** Which limit pins are active, by axis. */
  get pins(): boolean[] {
    return AXES.map((axis) => this.mechanics.pressed(axis))
  }

  get homing(): boolean {
    return this.#homing !== undefined
  }

  /** Whether stopping dead now would lose the position. */
  get inMotion(): boolean {
    const held = this.planner.holding && this.planner.speed === 0
    return this.homing || (!this.planner.empty && !held)
  }

  home(): void {
    this.#homing = new Homing(this.#options.settings, this.mechanics)
    this.told()
  }

  /** Counts from the switches that homing has found. */
  homed(): void {
    for (const axis of AXES) this.planner.setPosition(axis, homedPosition(this.#options.settings, axis))
    this.settlePins()
  }

  /** Lets the time pass that has passed; answers the number of the alarm that a homing has failed with, or 0. */
  advance(): number {
    const now = performance.now()
    const seconds = (now - this.#last) / 1000
    this.#last = now
    if (this.#homing) {
      const done = this.#homing.advance(seconds)
      if (done !== false) this.#homing = undefined
      if (typeof done === 'number') return done
    } else if (!this.planner.empty) this.planner.advance(seconds)
    return 0
  }

  /** Ends all motion where it is. At speed, steps are lost. */
  cut(): void {
    if (this.inMotion) for (const axis of AXES) this.mechanics.turn(axis, this.planner.speed * COAST_S)
    this.#homing = undefined
    this.planner.clear()
    this.told()
  }

  checkPins(): void {
    const pins = this.pins
    const changed = pins.some((pressed, axis) => pressed !== this.#pins[axis])
    this.#pins = pins
    if (changed) this.#options.pins()
  }

  /** Takes the pins as they are: a change before this is nobody's business. */
  settlePins(): void {
    this.#pins = this.pins
  }

  /** Tells of motion that has begun or ended. */
  told(): void {
    const moving = this.inMotion
    if (moving === this.#moving) return
    this.#moving = moving
    this.#options.motion(moving, process.hrtime.bigint())
  }
}
