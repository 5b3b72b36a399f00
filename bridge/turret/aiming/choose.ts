import type { Pixel } from '../../../shared/turret/sight.ts'
import type { Choice } from '../../../shared/turret/tracking.ts'
import type { Seen, Thing } from '../../../shared/camera/vision.ts'

/** So near to where the target must be, px and sizes, what is seen there is the target, whatever identity it has. */
const SAME_PX = 40
const SAME_SIZES = 1

/**
 * Which of what is seen is the target: the one that already is, for as long as it is followed; else by the choice.
 * `expected` is where it must be by now: a camera that turns quickly can cost it its identity, and gives it a new one.
 */
export function chooseTarget(
  { things }: Seen,
  { by, track, detector, label }: Choice,
  crosshair: Pixel,
  current: number | undefined,
  expected: Pixel | undefined,
): Thing | undefined {
  const allowed = things.filter(
    (thing) =>
      (detector === undefined || thing.detector === detector) &&
      (label === undefined || thing.label === label),
  )
  const kept = allowed.find((thing) => thing.track === current)
  if (kept && !kept.coasting) return kept
  const again =
    expected &&
    nearest(
      allowed.filter((thing) => isAt(thing, expected)),
      expected,
    )
  if (current !== undefined && again) return again
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

function isAt({ x, y, width, height, coasting }: Thing, place: Pixel): boolean {
  const reach = SAME_PX + SAME_SIZES * Math.max(width, height)
  return !coasting && Math.hypot(x - place.x, y - place.y) <= reach
}

function nearest(things: readonly Thing[], place: Pixel): Thing | undefined {
  const away = ({ x, y }: Thing): number => Math.hypot(x - place.x, y - place.y)
  return things.toSorted((a, b) => away(a) - away(b))[0]
}
