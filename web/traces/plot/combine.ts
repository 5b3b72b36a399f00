import { sameKind, type TraceAxis } from '../../../shared/traces/trace-axis.ts'

/** Samples and where they lie. */
export interface Line {
  axis: TraceAxis
  unit: string
  samples: Float32Array
}

/** One line less another, on the first one's axis; NaN where only one of them is. */
export interface Difference extends Line {
  /** The axes do not agree: the second was interpolated linearly. */
  interpolated: boolean
}

/** Samples this much of a step apart still lie at one place. */
const SAME_PLACE = 0.01

/** What a difference of these units is in; undefined where there is none to be taken. */
export function differenceUnit(a: string, b: string): string | undefined {
  if (a === b) return a === 'dBm' ? 'dB' : a
  return a === 'dBm' && b === 'dB' ? 'dBm' : undefined
}

/** `a` less `b`; undefined when their units cannot be subtracted, or they lie along axes of two kinds. */
export function subtract(a: Line, b: Line): Difference | undefined {
  const unit = differenceUnit(a.unit, b.unit)
  if (unit === undefined || !sameKind(a.axis, b.axis)) return undefined
  const offset = (a.axis.start - b.axis.start) / b.axis.step
  const ratio = a.axis.step / b.axis.step
  const whole = Math.round(offset)
  const drift = Math.abs(ratio - 1) * a.samples.length
  const agree = Math.abs(offset - whole) < SAME_PLACE && drift < SAME_PLACE
  const samples = new Float32Array(a.samples.length)
  for (let i = 0; i < samples.length; i++) {
    const other = agree ? (b.samples[i + whole] ?? NaN) : between(b.samples, offset + i * ratio)
    samples[i] = a.samples[i]! - other
  }
  return { axis: a.axis, unit, samples, interpolated: !agree }
}

function between(samples: Float32Array, at: number): number {
  const left = Math.floor(at)
  const part = at - left
  const first = samples[left]
  if (first === undefined) return NaN
  return part === 0 ? first : first + part * ((samples[left + 1] ?? NaN) - first)
}
