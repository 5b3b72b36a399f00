import type { Direction } from '../../../shared/turret/turret.ts'

const KEPT_MS = 2000

/** Where the turret pointed, degrees, by the clock of performance.now(). */
export class Poses {
  #poses: { at: number; direction: Direction }[] = []

  /** From `at` on nothing that was noted before holds. */
  note(at: number, direction: Direction): void {
    while (this.#poses.length > 0 && this.#poses.at(-1)!.at >= at) this.#poses.pop()
    this.#poses.push({ at, direction })
    const old = this.#poses.findIndex((pose) => pose.at >= at - KEPT_MS)
    if (old > 1) this.#poses.splice(0, old - 1)
  }

  forget(): void {
    this.#poses = []
  }

  /** Between two that were noted, in a straight line; after the last, the last. */
  at(time: number): Direction | undefined {
    const later = this.#poses.findIndex((pose) => pose.at >= time)
    if (later < 0) return this.#poses.at(-1)?.direction
    const after = this.#poses[later]!
    const before = this.#poses[later - 1]
    if (!before) return after.at - time < KEPT_MS ? after.direction : undefined
    const share = (time - before.at) / (after.at - before.at)
    return {
      pan: before.direction.pan + (after.direction.pan - before.direction.pan) * share,
      tilt: before.direction.tilt + (after.direction.tilt - before.direction.tilt) * share,
    }
  }
}
