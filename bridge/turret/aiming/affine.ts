import type { Direction } from '../../../shared/turret/turret.ts'
import type { Pixel } from '../../../shared/turret/sight.ts'

/** Where something was seen while the turret pointed somewhere: px and degrees. */
export interface Sample {
  pixel: Pixel
  pose: Direction
}

/** px = origin + matrix * degrees; the matrix row by row. */
export interface Affine {
  matrix: [number, number, number, number]
  origin: Pixel
  /** How far the samples are off it, RMS. */
  residualPx: number
}

/** A map is no map when one px is more than so many times further in one direction than in another. */
const MOST_CONDITION = 20

/** The map that fits best (least squares); undefined for fewer than three samples, or when they lie in a line. */
export function fitAffine(samples: readonly Sample[]): Affine | undefined {
  const count = samples.length
  if (count < 3) return undefined
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / count
  const middle = {
    pan: mean(({ pose }) => pose.pan),
    tilt: mean(({ pose }) => pose.tilt),
    x: mean(({ pixel }) => pixel.x),
    y: mean(({ pixel }) => pixel.y),
  }
  let [pp, pt, tt, px, tx, py, ty] = [0, 0, 0, 0, 0, 0, 0]
  for (const { pose, pixel } of samples) {
    const [pan, tilt] = [pose.pan - middle.pan, pose.tilt - middle.tilt]
    const [x, y] = [pixel.x - middle.x, pixel.y - middle.y]
    pp += pan * pan
    pt += pan * tilt
    tt += tilt * tilt
    px += pan * x
    tx += tilt * x
    py += pan * y
    ty += tilt * y
  }
  const determinant = pp * tt - pt * pt
  if (determinant <= 1e-3 * (pp + tt) ** 2) return undefined
  const matrix: Affine['matrix'] = [
    (px * tt - tx * pt) / determinant,
    (tx * pp - px * pt) / determinant,
    (py * tt - ty * pt) / determinant,
    (ty * pp - py * pt) / determinant,
  ]
  const [a, b, c, d] = matrix
  if (condition(matrix) > MOST_CONDITION) return undefined
  const origin = {
    x: middle.x - a * middle.pan - b * middle.tilt,
    y: middle.y - c * middle.pan - d * middle.tilt,
  }
  const off = samples.map(({ pose, pixel }) =>
    Math.hypot(
      origin.x + a * pose.pan + b * pose.tilt - pixel.x,
      origin.y + c * pose.pan + d * pose.tilt - pixel.y,
    ),
  )
  const residualPx = Math.sqrt(off.reduce((sum, px) => sum + px * px, 0) / count)
  return { matrix, origin, residualPx }
}

/** Of so many samples a map has more than it needs: one that fits badly stands out. */
const LEAST_TO_TELL = 4

/** The map that fits within `mostPx`, without those samples that keep it from doing so; the best there is when none does. */
export function fitMost(samples: readonly Sample[], mostPx: number): Affine | undefined {
  const whole = fitAffine(samples)
  if (!whole || whole.residualPx <= mostPx || samples.length <= LEAST_TO_TELL) return whole
  const others = samples.map((_, i) => samples.toSpliced(i, 1))
  const off = (some: readonly Sample[]): number => fitAffine(some)?.residualPx ?? Infinity
  const better = others.reduce((best, some) => (off(some) < off(best) ? some : best))
  return fitMost(better, mostPx) ?? whole
}

/** Degrees that a way in the picture, px, is. */
export function degreesOf({ matrix }: Pick<Affine, 'matrix'>, x: number, y: number): Direction {
  const [a, b, c, d] = matrix
  const determinant = a * d - b * c
  return { pan: (d * x - b * y) / determinant, tilt: (a * y - c * x) / determinant }
}

/** px that a way in degrees is in the picture. */
export function pixelsOf({ matrix }: Pick<Affine, 'matrix'>, { pan, tilt }: Direction): Pixel {
  const [a, b, c, d] = matrix
  return { x: a * pan + b * tilt, y: c * pan + d * tilt }
}

/** px a degree, as the mean of both directions. */
export function pixelsPerDegree({ matrix: [a, b, c, d] }: Pick<Affine, 'matrix'>): number {
  return Math.sqrt(Math.abs(a * d - b * c))
}

/** The largest of what it does to a length, by the smallest (singular values). */
function condition([a, b, c, d]: Affine['matrix']): number {
  const sum = a * a + b * b + c * c + d * d
  const determinant = Math.abs(a * d - b * c)
  const root = Math.sqrt(Math.max(0, sum * sum - 4 * determinant * determinant))
  return Math.sqrt((sum + root) / Math.max(1e-12, sum - root))
}
