import { smooth } from '../../../shared/smooth.ts'
import type { PeakSearch, TraceInfo, TracePeak } from '../../../shared/trace.ts'
import { measureShape, noiseOf, type Shape } from './peak-shape.ts'
import { findTurns, setApart, type Turn } from './turning-points.ts'

/** What the samples are of: sample i lies at startM + i * stepM. */
type Axis = Pick<TraceInfo, 'startM' | 'stepM' | 'unit'>

/**
 * The peaks and dips of a trace, by position. Powers in mW are looked at in dBm. Positions and widths are in metres,
 * levels in dB or dBm.
 */
export function findPeaks(
  samples: Float32Array,
  { startM, stepM, unit }: Axis,
  { kind, prominenceDb, distanceM, smoothM, limit }: PeakSearch,
): { found: number; peaks: TracePeak[] } {
  const y = unit === 'mW' ? samples.map((value) => 10 * Math.log10(value)) : samples
  const half = Math.min(Math.round(smoothM / stepM / 2), y.length)
  const seen = smooth(y, half, 'average')
  const turns = findTurns(seen, prominenceDb)
  const apart = (['peak', 'dip'] as const).flatMap((each) =>
    kind === each || kind === 'both'
      ? grounds(
          setApart(
            turns.filter((turn) => turn.kind === each),
            distanceM / stepM,
          ),
        )
      : [],
  )
  const strongest = apart.sort((a, b) => b.prominence - a.prominence).slice(0, limit)
  const noise = noiseOf(y)
  const shapes = strongest.map((turn) => ({
    turn,
    shape: measureShape(y, { ...turn, index: extremeNear(y, turn, half) }, noise),
  }))
  return { found: apart.length, peaks: inOrder(shapes, startM, stepM) }
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

function inOrder(found: { turn: Turn; shape: Shape }[], startM: number, stepM: number): TracePeak[] {
  const last = new Map<Turn['kind'], number>()
  return found
    .sort((a, b) => a.shape.index - b.shape.index)
    .map(({ turn: { kind }, shape: { index, value, baseline, width } }) => {
      const positionM = startM + index * stepM
      const before = last.get(kind)
      last.set(kind, positionM)
      return {
        kind,
        positionM,
        value,
        baseline,
        depthDb: Math.abs(value - baseline),
        ...(width === undefined ? {} : { widthM: width * stepM, q: positionM / (width * stepM) }),
        ...(before === undefined ? {} : { spacingM: positionM - before }),
      }
    })
}
