import { quantityOf } from '../../../shared/traces/trace-axis.ts'
import type { WatchSnapshot } from '../../../shared/watches/watch-history.ts'
import { type Curve, curveOf } from '../../traces/plot/curve.ts'
import type { Sign } from '../../traces/plot/paint.ts'

type TraceSnapshot = Extract<WatchSnapshot, { kind: 'trace' }>

const COLOURS = { seen: 0, reference: 1, mask: 5 }

/** What was seen, and where there is one the reference with the mask around it, as curves over each other. */
export function overlayOf(snapshot: TraceSnapshot): Curve[] {
  const { unit, axisUnit, start, step, values, reference, above, below } = snapshot
  const axis = { quantity: quantityOf(axisUnit), unit: axisUnit, start, step }
  const curve = (label: string, samples: readonly number[], colour: number): Curve =>
    curveOf({ id: label, label, unit, axis, samples: Float32Array.from(samples), colour })
  const shifted = (label: string, by: number | undefined): Curve[] =>
    reference && by !== undefined
      ? [
          curve(
            label,
            reference.map((value) => value + by),
            COLOURS.mask,
          ),
        ]
      : []
  return [
    curve('seen', values, COLOURS.seen),
    ...(reference ? [curve('reference', reference, COLOURS.reference)] : []),
    ...shifted('upper mask', above),
    ...shifted('lower mask', below === undefined ? undefined : -below),
  ]
}

/** What is pointed at: the peak that was found, and where the trace is furthest from its reference. */
export function signsOf({ peak, worst, start, step, values }: TraceSnapshot): Sign[] {
  const at = worst && values[Math.round((worst.at - start) / step)]
  return [
    ...(peak ? [{ place: peak.at, value: peak.value, kind: 'peak' as const }] : []),
    ...(worst && at !== undefined
      ? [{ place: worst.at, value: at, kind: worst.by < 0 ? ('dip' as const) : ('peak' as const) }]
      : []),
  ]
}
