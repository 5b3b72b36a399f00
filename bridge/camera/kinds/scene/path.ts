import type { TargetPath } from './source.ts'

const POINTS = 720

interface Place {
  pan: number
  tilt: number
}

/** A closed way at a constant speed. */
export class Path {
  readonly #points: Place[] = []
  /** Length of the way up to each point, degrees. */
  readonly #lengths: number[] = [0]
  readonly #speed: number
  readonly #phase: number

  constructor({ path, centre, extent, speed, phase }: TargetPath) {
    this.#speed = path === 'still' ? 0 : speed
    this.#phase = phase
    const tilted = path === 'eight' ? (turn: number) => Math.sin(2 * turn) : (turn: number) => Math.sin(turn)
    for (let i = 0; i <= POINTS; i++) {
      const turn = (i / POINTS) * 2 * Math.PI
      this.#points.push({
        pan: centre.pan + (path === 'still' ? 0 : extent.pan * Math.sin(turn)),
        tilt: centre.tilt + (path === 'still' ? 0 : extent.tilt * tilted(turn)),
      })
    }
    for (let i = 1; i <= POINTS; i++) {
      const [a, b] = [this.#points[i - 1]!, this.#points[i]!]
      this.#lengths.push(this.#lengths[i - 1]! + Math.hypot(b.pan - a.pan, b.tilt - a.tilt))
    }
  }

  /** Where it is at a time of process.hrtime, in seconds. */
  at(seconds: number): Place {
    const whole = this.#lengths[POINTS]!
    if (whole === 0) return this.#points[0]!
    const way = (this.#speed * seconds + this.#phase * whole) % whole
    let low = 0
    let high = POINTS
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#lengths[middle]! <= way) low = middle
      else high = middle
    }
    const [a, b] = [this.#points[low]!, this.#points[high]!]
    const step = this.#lengths[high]! - this.#lengths[low]!
    const share = step === 0 ? 0 : (way - this.#lengths[low]!) / step
    return { pan: a.pan + (b.pan - a.pan) * share, tilt: a.tilt + (b.tilt - a.tilt) * share }
  }
}
