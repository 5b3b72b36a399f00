import { smooth } from '../../shared/traces/smooth.ts'
import type { PeakSearch, TraceInfo, TracePeak } from '../../shared/traces/trace.ts'
import { hasQuality, isLevel, placeOf, type TraceAxis } from '../../shared/traces/trace-axis.ts'
import { measureShape, noiseOf, type Shape } from './peak-shape.ts'
import { findTurns, setApart, type Turn } from './turning-points.ts'

const PROMINENCE_DB = 3
/** Of what is no level: this part of its height. */
const PROMINENT_PART = 0.1

/**
 * The peaks and dips of a trace, by position. Powers in mW and W are looked at in dB over these. Positions and widths
 * are in the axis' unit; a width at 3 dB is of levels only.
 */
export function findPeaks(
  samples: Float32Array,
  { axis, unit }: Pick<TraceInfo, 'axis' | 'unit'>,
  { kind, prominence, distance, smooth: smoothing, limit }: PeakSearch,
): { found: number; peaks: TracePeak[] } {
  const linear = unit === 'mW' || unit === 'W'
  const y = linear ? samples.map((value) => 10 * Math.log10(value)) : samples
  const level = isLevel(unit)
  const half = Math.min(Math.round(smoothing / axis.step / 2), y.length)
  const seen = smooth(y, half, 'average')
  const least = prominence ?? (level ? PROMINENCE_DB : heightOf(y) * PROMINENT_PART)
  if (!(least > 0)) return { found: 0, peaks: [] }
  const turns = findTurns(seen, least)
  const apart = (['peak', 'dip'] as const).flatMap((each) =>
    kind === each || kind === 'both'
      ? grounds(
          setApart(
            turns.filter((turn) => turn.kind === each),
            distance / axis.step,
          ),
        )
      : [],
  )
  const strongest = apart.sort((a, b) => b.prominence - a.prominence).slice(0, limit)
  const noise = noiseOf(y)
  const shapes = strongest.map((turn) => ({
    turn,
    shape: measureShape(y, { ...turn, index: extremeNear(y, turn, half) }, noise, level),
  }))
  return { found: apart.length, peaks: inOrder(shapes, axis) }
}

function heightOf(y: Float32Array): number {
  let low = Infinity
  let high = -Infinity
  for (const value of y) {
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return high - low
}

/** Smoothing may have moved what it helped to find: where the samples themselves turn, no further than it reaches. */
function extremeNear(y: Float32Array, { index, kind, begin, end }: Turn, reach: number): number {
  const sign = kind === 'dip' ? 1 : -1
  let best = index
  for (let i = Math.max(begin, index - reach); i < Math.min(end, index + reach + 1); i++) {
    if (sign * y[i]! < sign * y[best]!) best = i
  }
  return best
}

/** Each turn with the ground that is its own: half-way to its neighbours of the same kind. */
function grounds(turns: readonly Turn[]): (Turn & { left: number; right: number })[] {
  return turns.map((turn, k) => {
    const before = turns[k - 1]
    const after = turns[k + 1]
    return {
      ...turn,
      left: Math.max(turn.begin, before ? Math.ceil((before.index + turn.index) / 2) : 0),
      right: Math.min(turn.end - 1, after ? Math.floor((after.index + turn.index) / 2) : Infinity),
    }
  })
}

function inOrder(found: { turn: Turn; shape: Shape }[], axis: TraceAxis): TracePeak[] {
  const last = new Map<Turn['kind'], number>()
  const quality = hasQuality(axis)
  return found
    .sort((a, b) => a.shape.index - b.shape.index)
    .map(({ turn: { kind }, shape: { index, value, baseline, width } }) => {
      const position = placeOf(axis, index)
      const before = last.get(kind)
      last.set(kind, position)
      return {
        kind,
        position,
        value,
        baseline,
        depth: Math.abs(value - baseline),
        ...(width === undefined ? {} : { width: width * axis.step }),
        ...(width === undefined || !quality ? {} : { q: position / (width * axis.step) }),
        ...(before === undefined ? {} : { spacing: position - before }),
      }
    })
}
