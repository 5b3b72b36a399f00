import { evenRandom } from '../../frame/random.ts'

/** A side of the ground, texels; it goes on for ever by beginning anew. */
export const GROUND = 1024
export const GROUND_BITS = 10
const MIDDLE = 950

/** A place with something to see at every size, brightness 0 to 4095: smooth heights and depths, and things with edges. */
export function makeGround(seed: number): Uint16Array {
  const even = evenRandom(seed)
  const sum = new Float32Array(GROUND * GROUND)
  for (let cells = 8, weight = 300; cells <= 128; cells *= 4, weight *= 0.5)
    addNoise(sum, cells, weight, even)
  for (let n = 0; n < 160; n++) {
    const [x0, y0] = [Math.floor(even() * GROUND), Math.floor(even() * GROUND)]
    const [w, h] = [8 + even() * 50, 8 + even() * 50]
    const step = (even() - 0.5) * 500
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) sum[((y0 + y) % GROUND) * GROUND + ((x0 + x) % GROUND)]! += step
  }
  return Uint16Array.from(sum, (value) => Math.max(150, Math.min(1800, Math.round(MIDDLE + value))))
}

function addNoise(sum: Float32Array, cells: number, weight: number, even: () => number): void {
  const heights = Float32Array.from({ length: cells * cells }, () => (even() * 2 - 1) * weight)
  const size = GROUND / cells
  for (let y = 0; y < GROUND; y++) {
    const row = Math.floor(y / size)
    const down = smooth(y / size - row)
    const [upper, lower] = [row * cells, ((row + 1) % cells) * cells]
    for (let x = 0; x < GROUND; x++) {
      const column = Math.floor(x / size)
      const along = smooth(x / size - column)
      const next = (column + 1) % cells
      const top = heights[upper + column]! * (1 - along) + heights[upper + next]! * along
      const bottom = heights[lower + column]! * (1 - along) + heights[lower + next]! * along
      sum[y * GROUND + x]! += top * (1 - down) + bottom * down
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t)
}
