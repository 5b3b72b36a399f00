import type { Lost } from '../../../shared/turret/tracking.ts'
import type { Direction } from '../../../shared/turret/turret.ts'

/** A target that was in the picture so recently is there. */
const HERE_MS = 250
/** Searching begins so near to where it was lost, and goes out and round so fast. */
const SEARCH = { fromDegrees: 0.5, degreesPerS: 0.8, turnS: 1.6 }

/** A time this far from now is none: two readings of one clock, and a source's own clock, differ by less, ms. */
const MOST_AHEAD_MS = 50

/** An older picture says nothing of where something is now, ms. */
export const OLDEST_PICTURE_MS = 2000

/** Why a picture of this age says nothing about now, or undefined when it does. */
export function whyNotNow(ageMs: number): string | undefined {
  const seconds = (Math.abs(ageMs) / 1000).toFixed(1)
  if (ageMs > OLDEST_PICTURE_MS) return `the camera's pictures are ${seconds} s old when they are looked at`
  if (ageMs < -MOST_AHEAD_MS) return `the camera's pictures are stamped ${seconds} s ahead of now`
  return undefined
}

export type TrackState = 'waiting' | 'locked' | 'coasting' | 'searching' | 'recentring'

/** What is done `sinceMs` after the target was seen last; `given up` when nothing more is. */
export function stateAfter(
  sinceMs: number,
  { coastS, searchS, recentre, giveUpS }: Lost,
  isSteered: boolean,
): TrackState | 'given up' {
  // A target that was seen in the future was not seen.
  if (sinceMs === Infinity || sinceMs < -MOST_AHEAD_MS) return 'waiting'
  const gone = (sinceMs - HERE_MS) / 1000
  if (gone <= 0) return 'locked'
  if (gone <= coastS) return 'coasting'
  if (gone > coastS + searchS + giveUpS) return 'given up'
  if (!isSteered) return 'waiting'
  if (gone <= coastS + searchS) return 'searching'
  return recentre ? 'recentring' : 'waiting'
}

/** When coasting gives way to searching for a target that was seen last at `seenAt`. */
export function lostAt(seenAt: number, { coastS }: Lost): number {
  return seenAt + HERE_MS + coastS * 1000
}

/** Where to look, so many seconds after searching began around a place: round it, and further and further out. */
export function searched({ pan, tilt }: Direction, seconds: number): Direction {
  const radius = SEARCH.fromDegrees + SEARCH.degreesPerS * seconds
  const turn = (2 * Math.PI * seconds) / SEARCH.turnS
  return { pan: pan + radius * Math.cos(turn), tilt: tilt + radius * Math.sin(turn) }
}
