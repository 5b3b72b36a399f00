import type { Gains } from '../../../shared/turret/tracking.ts'

/** Half swings that are measured, after those that only begin. */
const FIRST = 2
const MEASURED = 6
/** An axis that only answers late swings in four times by which it does (Åström and Hägglund 1984). */
const PERIODS_LATE = 4
/** Of what it takes to be settled, so slowly a lasting error is made up for. */
const I_PERIODS = 3
const MOST_P = 20

export interface Tuned {
  p: number
  i: number
  periodMs: number
  /** Degrees. */
  amplitude: number
}

/**
 * A relay on one axis: full speed towards the target, whichever side it is seen on. What that swings like says by how
 * much the axis answers late. As the target is foreseen, an error may be made up for in just that time: it is how wrong
 * foreseeing may be before the axis swings by itself (Rivera, Morari, Skogestad 1986: internal model control, λ = θ).
 */
export class Relay {
  readonly #speed: number
  #side = 1
  #turns: number[] = []
  #peaks: number[] = []
  #peak = 0

  constructor(speed: number) {
    this.#speed = speed
  }

  /** 0 to 1. */
  get progress(): number {
    return Math.min(1, this.#turns.length / (FIRST + MEASURED + 1))
  }

  /** The velocity now, degrees/s. */
  get velocity(): number {
    return this.#side * this.#speed
  }

  /** Takes an error, degrees, seen at `at`, ms; answers what was found once it is. */
  see(error: number, at: number): Tuned | undefined {
    this.#peak = Math.max(this.#peak, Math.abs(error))
    const side = error >= 0 ? 1 : -1
    if (side === this.#side) return undefined
    this.#side = side
    this.#turns.push(at)
    this.#peaks.push(this.#peak)
    this.#peak = 0
    if (this.#turns.length <= FIRST + MEASURED) return undefined
    const periodMs = ((this.#turns.at(-1)! - this.#turns[FIRST]!) / MEASURED) * 2
    const peaks = this.#peaks.slice(FIRST + 1)
    const amplitude = peaks.reduce((sum, peak) => sum + peak, 0) / peaks.length
    const p = Math.min(MOST_P, (PERIODS_LATE * 1000) / periodMs)
    return { p, i: (p * 1000) / (I_PERIODS * periodMs), periodMs, amplitude }
  }
}

/** The gains with what a relay has found. */
export function tunedGains(gains: Gains, { p, i }: Tuned): Gains {
  const rounded = (value: number): number => Math.round(value * 100) / 100
  return { ...gains, p: rounded(p), i: rounded(i), d: 0 }
}
