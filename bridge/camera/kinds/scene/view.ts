import type { SceneSource } from './source.ts'

/** A place in the picture, px, the middle of the first pixel at 0. */
export interface Point {
  x: number
  y: number
}

/**
 * Directions, degrees, and where they are in the picture. Angles are taken as lengths on a plane, which within some
 * tens of degrees of the horizon they nearly are.
 */
export class View {
  readonly pixelsPerDegree: number
  readonly #cosine: number
  readonly #sine: number
  readonly #middle: Point

  constructor({ width, height, fieldDegrees, rollDegrees }: SceneSource) {
    this.pixelsPerDegree = width / fieldDegrees
    const roll = (rollDegrees * Math.PI) / 180
    this.#cosine = Math.cos(roll)
    this.#sine = Math.sin(roll)
    this.#middle = { x: (width - 1) / 2, y: (height - 1) / 2 }
  }

  /** Where a direction is seen by a camera that looks at `at`: pan to the right, tilt up. */
  see(direction: { pan: number; tilt: number }, at: { pan: number; tilt: number }): Point {
    const right = (direction.pan - at.pan) * this.pixelsPerDegree
    const down = (at.tilt - direction.tilt) * this.pixelsPerDegree
    return {
      x: this.#middle.x + right * this.#cosine - down * this.#sine,
      y: this.#middle.y + right * this.#sine + down * this.#cosine,
    }
  }

  /** Pixels right and down of the upright world, of a way in the picture. */
  upright(x: number, y: number): Point {
    return { x: x * this.#cosine + y * this.#sine, y: y * this.#cosine - x * this.#sine }
  }
}
