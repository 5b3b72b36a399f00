import type { Measure, Measured } from './jobs.ts'
import { type Grey, PhaseCorrelation } from './phase.ts'
import type { Look } from './picture.ts'
import { differenceOf, findPulsedSpot, type PulseDifference } from './pulsed-spot.ts'

/** Pictures, and differences of pictures, that are kept at a time; the oldest goes. */
const MOST_KEPT = 16
/** Pictures that are kept one by one under a name. */
const MOST_EACH = 16

type Keep = Extract<Measure, { kind: 'keep' | 'keepEach' }>

interface Keeping {
  measure: Keep
  sum: Float32Array | undefined
  each: Uint8Array[]
  left: number
  /** When the first exposure began. */
  from: number
  answer: (measured: Measured) => void
}

/** Pictures of one size. */
interface Kept<Data> {
  data: Data
  width: number
  height: number
}

/** Measures between pictures that were kept: how far all of it has shifted, and what a laser's pulses have added. */
export class Measuring {
  readonly #means = new Map<string, Grey>()
  readonly #each = new Map<string, Kept<Uint8Array[]>>()
  readonly #pulses = new Map<string, Kept<PulseDifference>>()
  readonly #keeping = new Set<Keeping>()
  #correlation: { size: string; correlation: PhaseCorrelation } | undefined

  /** Whether pictures are waited for. */
  get waits(): boolean {
    return this.#keeping.size > 0
  }

  take(measure: Measure, answer: (measured: Measured) => void): void {
    switch (measure.kind) {
      case 'keep':
      case 'keepEach': {
        const left = measure.kind === 'keepEach' ? Math.min(measure.frames, MOST_EACH) : measure.frames
        this.#keeping.add({ measure, sum: undefined, each: [], left, from: NaN, answer })
        break
      }
      case 'shift':
        answer(this.#shift(measure.from, measure.to))
        break
      case 'pulse':
        answer(this.#pulse(measure))
        break
      case 'spot':
        answer(this.#spot(measure.pulses))
        break
      case 'forget':
        this.#each.clear()
        this.#pulses.clear()
        answer({ kind: 'done' })
        break
    }
  }

  /** A picture whose exposure began and ended at these times, ms of the monotonic clock. */
  see({ y, width, height }: Look, begunAt: number, endedAt: number): void {
    for (const keeping of this.#keeping) {
      const { measure, answer } = keeping
      if (begunAt <= measure.after) continue
      if (keeping.sum === undefined && keeping.each.length === 0) keeping.from = begunAt
      if (measure.kind === 'keepEach') keeping.each.push(y.slice())
      else {
        if (keeping.sum?.length !== y.length) keeping.sum = new Float32Array(y.length)
        const { sum } = keeping
        for (let i = 0; i < y.length; i++) sum[i] = sum[i]! + y[i]! / measure.frames
      }
      keeping.left -= 1
      if (keeping.left > 0) continue
      this.#keeping.delete(keeping)
      const { name } = measure
      if (keeping.sum) keep(this.#means, name, { data: keeping.sum, width, height })
      else keep(this.#each, name, { data: keeping.each, width, height })
      answer({ kind: 'kept', from: keeping.from, to: endedAt })
    }
  }

  #shift(fromName: string, toName: string): Measured {
    const [from, to] = [this.#means.get(fromName), this.#means.get(toName)]
    if (!from || !to || from.width !== to.width || from.height !== to.height) return gone
    const size = `${from.width}x${from.height}`
    if (this.#correlation?.size !== size)
      this.#correlation = { size, correlation: new PhaseCorrelation(from.width, from.height) }
    const { correlation } = this.#correlation
    return { kind: 'shift', ...correlation.shift(correlation.spectrum(from), correlation.spectrum(to)) }
  }

  #pulse({ name, lit, dark }: Extract<Measure, { kind: 'pulse' }>): Measured {
    const [light, ...darks] = [lit, ...dark].map((from) => this.#each.get(from))
    const all = darks.flatMap((kept) => kept?.data ?? [])
    if (!light || all.length === 0) return gone
    const { width, height } = light
    if ([...light.data, ...all].some(({ length }) => length !== width * height)) return gone
    keep(this.#pulses, name, { data: differenceOf(light.data, all), width, height })
    return { kind: 'done' }
  }

  #spot(names: readonly string[]): Measured {
    const pulses = names.flatMap((name) => this.#pulses.get(name) ?? [])
    const [first] = pulses
    if (!first || pulses.length < names.length) return gone
    const { width, height } = first
    if (pulses.some((pulse) => pulse.width !== width || pulse.height !== height)) return gone
    const spot = findPulsedSpot(
      pulses.map(({ data }) => data),
      width,
      height,
    )
    if (!spot.found) return { kind: 'failed', message: spot.message }
    const { x, y, strength } = spot
    return { kind: 'spot', x, y, strength }
  }
}

function keep<T>(all: Map<string, T>, name: string, value: T): void {
  all.delete(name)
  all.set(name, value)
  if (all.size > MOST_KEPT) all.delete(all.keys().next().value!)
}

const gone: Measured = { kind: 'failed', message: 'the pictures are not there any more: measure again' }
