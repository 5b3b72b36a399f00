import type { Settings } from './settings.ts'

export type Vector = [number, number, number]

/** What the laser does while a block moves: off, constant or following the speed; S as programmed. */
export interface BlockLight {
  spindle: 'M3' | 'M4' | 'M5'
  s: number
}

interface Block {
  unit: Vector
  target: Vector
  /** mm still to go. */
  left: number
  /** mm/s. */
  nominal: number
  acceleration: number
  /** The fastest that the corner before it can be taken at, mm/s. */
  corner: number
  entry: number
  light: BlockLight
}

/** Blocks that can wait at a time (Grbl's BLOCK_BUFFER_SIZE of 16, one of which runs). */
export const BLOCKS = 15
const SLICE_S = 0.0005

/** Grbl's look-ahead planner and stepper: queued lines, run with constant acceleration (planner.c, stepper.c). */
export class Planner {
  readonly #settings: Settings
  readonly #moved: (axis: number, mm: number) => void
  /** As counted, mm. */
  readonly position: Vector = [0, 0, 0]
  readonly #queue: Block[] = []
  #end: Vector = [0, 0, 0]
  /** mm/s along the path. */
  speed = 0
  /** Slowing down to a hold. */
  holding = false

  constructor(settings: Settings, moved: (axis: number, mm: number) => void) {
    this.#settings = settings
    this.#moved = moved
  }

  get empty(): boolean {
    return this.#queue.length === 0
  }

  get free(): number {
    return BLOCKS - this.#queue.length
  }

  /** What the running block does with the laser, and how much of its speed it has, 0 to 1. */
  get running(): { light: BlockLight; share: number } | undefined {
    const block = this.#queue[0]
    return block && { light: block.light, share: Math.min(1, this.speed / block.nominal) }
  }

  /** Where the last queued line ends. */
  get end(): Vector {
    return [...this.#end]
  }

  /** Queues a line at `feed` mm/min, Infinity for a rapid. False when there is no way to go. */
  add(to: Vector, feed: number, light: BlockLight): boolean {
    const target = to.map((mm, axis) => this.#onStep(mm, axis)) as Vector
    const way = target.map((mm, axis) => mm - (this.#end[axis] ?? 0)) as Vector
    const length = Math.hypot(...way)
    if (length === 0) return false
    const unit = way.map((mm) => mm / length) as Vector
    const least = (group: 110 | 120): number =>
      Math.min(
        ...unit.map((share, axis) =>
          share === 0 ? Infinity : this.#settings.ofAxis(group, axis) / Math.abs(share),
        ),
      )
    const acceleration = least(120)
    const nominal = Math.min(Math.max(feed, 1), least(110)) / 60
    this.#queue.push({
      unit,
      target,
      left: length,
      nominal,
      acceleration,
      corner: this.#cornerSpeed(unit, nominal, acceleration),
      entry: 0,
      light,
    })
    this.#end = [...target]
    this.#plan()
    return true
  }

  /** Forgets what is queued; the position is where it is. */
  clear(): void {
    this.#queue.length = 0
    this.speed = 0
    this.holding = false
    for (const axis of [0, 1, 2]) this.position[axis] = this.#onStep(this.position[axis] ?? 0, axis)
    this.#end = [...this.position]
  }

  /** The count is set, as homing does. */
  setPosition(axis: number, mm: number): void {
    this.position[axis] = mm
    this.#end = [...this.position]
  }

  advance(seconds: number): void {
    for (let left = seconds; left > 1e-9; left -= SLICE_S) this.#slice(Math.min(left, SLICE_S))
  }

  #slice(dt: number): void {
    const block = this.#queue[0]
    if (!block) {
      this.speed = 0
      return
    }
    const { acceleration, nominal, left } = block
    const exit = this.#queue[1]?.entry ?? 0
    const was = this.speed
    this.speed = this.holding
      ? Math.max(0, was - acceleration * dt)
      : Math.min(was + acceleration * dt, nominal, Math.sqrt(exit ** 2 + 2 * acceleration * left))
    // The last step of a line is a step, not the limit of a series.
    const crawl = this.holding ? 0 : Math.min(nominal, acceleration * SLICE_S)
    const way = Math.min(left, Math.max((was + this.speed) / 2, crawl) * dt)
    block.left -= way
    const over = block.left <= 1e-9
    for (const axis of [0, 1, 2]) {
      const before = this.position[axis] ?? 0
      const after = over ? (block.target[axis] ?? 0) : before + way * (block.unit[axis] ?? 0)
      this.position[axis] = after
      if (after !== before) this.#moved(axis, after - before)
      // A switch has ended everything.
      if (this.#queue[0] !== block) return
    }
    if (!over) return
    this.#queue.shift()
    this.#plan()
  }

  /** Every block is entered no faster than the ones behind it can still be stopped from. */
  #plan(): void {
    let exit = 0
    for (let i = this.#queue.length - 1; i > 0; i--) {
      const block = this.#queue[i]!
      block.entry = Math.min(block.corner, Math.sqrt(exit ** 2 + 2 * block.acceleration * block.left))
      exit = block.entry
    }
  }

  /** By the junction deviation `$11`. */
  #cornerSpeed(unit: Vector, nominal: number, acceleration: number): number {
    const before = this.#queue.at(-1)
    if (!before) return 0
    const cosine = -before.unit.reduce((sum, share, axis) => sum + share * (unit[axis] ?? 0), 0)
    if (cosine > 0.999999) return 0
    const fastest = Math.min(nominal, before.nominal)
    if (cosine < -0.999999) return fastest
    const sine = Math.sqrt((1 - cosine) / 2)
    return Math.min(fastest, Math.sqrt((acceleration * this.#settings.get(11) * sine) / (1 - sine)))
  }

  #onStep(mm: number, axis: number): number {
    const steps = this.#settings.ofAxis(100, axis)
    return Math.round(mm * steps) / steps
  }
}
