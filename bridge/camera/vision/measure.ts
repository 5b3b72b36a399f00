import { blobsIn } from './blobs.ts'
import type { Measure, Measured } from './jobs.ts'
import { type Grey, PhaseCorrelation } from './phase.ts'
import type { Look } from './picture.ts'

/** Pictures that are kept at a time; the oldest goes. */
const MOST_KEPT = 16
/** A spot that is less than so much brighter than before is none. */
const LEAST_STRENGTH = 5
/** Of the brightest, what still belongs to the spot. */
const SHARE = 0.4

interface Keeping {
  measure: Extract<Measure, { kind: 'keep' }>
  sum: Float32Array | undefined
  left: number
  answer: (measured: Measured) => void
}

/** Measures between pictures that were kept: how far all of it has shifted, and where light has been added. */
export class Measuring {
  readonly #kept = new Map<string, Grey>()
  readonly #keeping = new Set<Keeping>()
  #correlation: { size: string; correlation: PhaseCorrelation } | undefined

  /** Whether pictures are waited for. */
  get waits(): boolean {
    return this.#keeping.size > 0
  }

  take(measure: Measure, answer: (measured: Measured) => void): void {
    if (measure.kind === 'keep') this.#keeping.add({ measure, sum: undefined, left: measure.frames, answer })
    else if (measure.kind === 'shift') answer(this.#shift(measure.from, measure.to))
    else answer(this.#spot(measure.dark, measure.lit))
  }

  /** A picture whose exposure began at `begunAt`, ms of the monotonic clock. */
  see({ y, width, height }: Look, begunAt: number): void {
    for (const keeping of this.#keeping) {
      const { measure } = keeping
      if (begunAt <= measure.after) continue
      if (keeping.sum?.length !== y.length) keeping.sum = new Float32Array(y.length)
      const { sum } = keeping
      for (let i = 0; i < y.length; i++) sum[i] = sum[i]! + y[i]! / measure.frames
      keeping.left -= 1
      if (keeping.left > 0) continue
      this.#keeping.delete(keeping)
      this.#kept.delete(measure.name)
      this.#kept.set(measure.name, { data: sum, width, height })
      if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!)
      keeping.answer({ kind: 'kept' })
    }
  }

  #shift(fromName: string, toName: string): Measured {
    const [from, to] = [this.#kept.get(fromName), this.#kept.get(toName)]
    if (!from || !to || from.width !== to.width || from.height !== to.height) return gone
    const size = `${from.width}x${from.height}`
    if (this.#correlation?.size !== size)
      this.#correlation = { size, correlation: new PhaseCorrelation(from.width, from.height) }
    const { correlation } = this.#correlation
    return { kind: 'shift', ...correlation.shift(correlation.spectrum(from), correlation.spectrum(to)) }
  }

  #spot(darkName: string, litName: string): Measured {
    const [dark, lit] = [this.#kept.get(darkName), this.#kept.get(litName)]
    if (!dark || !lit || dark.data.length !== lit.data.length) return gone
    const added = Float32Array.from(lit.data, (value, i) => value - dark.data[i]!)
    const { width, height } = lit
    // One pixel may be noise: the mean of nine is not.
    const mean = (i: number): number => {
      let sum = 0
      for (let y = -1; y <= 1; y++) for (let x = -1; x <= 1; x++) sum += added[i + y * width + x]!
      return sum / 9
    }
    let [best, strength] = [0, 0]
    for (let y = 1; y < height - 1; y++) {
      for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
        if (added[i]! <= strength) continue
        const around = mean(i)
        if (around > strength) [best, strength] = [i, around]
      }
    }
    if (strength < LEAST_STRENGTH)
      return {
        kind: 'failed',
        message: 'no spot of light was found: more power or a longer pulse may show it',
      }
    const [x, y] = [best % width, Math.floor(best / width)]
    const spot = blobsIn(width, height, (i) => added[i]! - strength * SHARE).find(
      ({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom,
    )
    return { kind: 'spot', x: spot?.x ?? x, y: spot?.y ?? y, strength }
  }
}

const gone: Measured = { kind: 'failed', message: 'the pictures are not there any more: measure again' }
