import type { Pixel } from '../../shared/sight.ts'
import type { Choice } from '../../shared/tracking.ts'
import type { Seen, Thing } from '../../shared/vision.ts'

/** Which of what is seen is the target: the one that already is, for as long as it is followed; else by the choice. */
export function chooseTarget(
  { things }: Seen,
  { by, track, detector, label }: Choice,
  crosshair: Pixel,
  current: number | undefined,
): Thing | undefined {
  const allowed = things.filter(
    (thing) =>
      (detector === undefined || thing.detector === detector) &&
      (label === undefined || thing.label === label),
  )
  const kept = allowed.find((thing) => thing.track === current)
  if (kept) return kept
  if (by === 'track' && current === undefined) return allowed.find((thing) => thing.track === track)
  const visible = allowed.filter(({ coasting }) => !coasting)
  // Whoever was clicked and is lost is met again where it is nearest.
  const worth =
    by === 'largest'
      ? ({ width, height }: Thing) => width * height
      : ({ x, y }: Thing) => -Math.hypot(x - crosshair.x, y - crosshair.y)
  return visible.reduce<Thing | undefined>(
    (best, thing) => (best === undefined || worth(thing) > worth(best) ? thing : best),
    undefined,
  )
}
