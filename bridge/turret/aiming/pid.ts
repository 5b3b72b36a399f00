import type { Gains } from '../../../shared/turret/tracking.ts'

/**
 * A controller of one axis: error in degrees, answer in degrees/s. The integral stands still while the answer is at its
 * limit and the error would drive it further, and while the error is so large that it is no lasting one (anti-windup by
 * conditional integration).
 */
export class Pid {
  #integral = 0
  #before: number | undefined

  /** `feedForward` is the target's own speed; `seconds` is how long the answer holds. */
  next(error: number, feedForward: number, seconds: number, gains: Gains): number {
    const rate = this.#before === undefined ? 0 : (error - this.#before) / seconds
    this.#before = error
    const rest = gains.p * error + gains.d * rate + gains.feedForward * feedForward
    const integral = clamp(this.#integral + gains.i * error * seconds, gains.mostIntegral)
    const wanted = rest + integral
    const isLimited = Math.abs(wanted) > gains.mostSpeed && Math.sign(wanted) === Math.sign(error)
    const isLasting = Math.abs(gains.p * error) <= gains.mostIntegral
    if (!isLimited && isLasting) this.#integral = integral
    return clamp(rest + this.#integral, gains.mostSpeed)
  }

  reset(): void {
    this.#integral = 0
    this.#before = undefined
  }
}

function clamp(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value))
}
