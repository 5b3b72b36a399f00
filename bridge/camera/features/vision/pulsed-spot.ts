import { blobsIn } from './blobs.ts'

/** Steps of a brightness step in which differences are kept. */
const SCALE = 32
/** Of the pulses, so many may be spoilt at a place: what moves is there in one picture and not in the next. */
const SPOILT_SHARE = 0.3
/** A place that grows less than so much brighter, of 255, answers nothing. */
const LEAST_STRENGTH = 5
/** Of the strongest, what still belongs to the spot. */
const SPOT_SHARE = 0.4
/** Another place that answers with this share of the strongest leaves open which of the two is the laser's. */
const RIVAL_SHARE = 0.5
/** As far around a spot, px and in its own sizes, its own glow reaches. */
const GLOW = { px: 6, sizes: 1 }
/** A laser lights a place, and not this share of the whole picture. */
const LARGEST_SHARE = 0.05

/** By how much each pixel was brighter in a pulse than around it. */
export type PulseDifference = Int16Array

export type PulsedSpot =
  { found: true; x: number; y: number; strength: number } | { found: false; message: string }

/** What a pulse has added to each pixel: the mean of what was lit against the median of what was dark before and after it. */
export function differenceOf(lit: readonly Uint8Array[], dark: readonly Uint8Array[]): PulseDifference {
  const length = lit[0]?.length ?? 0
  const difference = new Int16Array(length)
  const sorted = new Uint8Array(dark.length)
  let total = 0
  for (let i = 0; i < length; i++) {
    let sum = 0
    for (const picture of lit) sum += picture[i]!
    for (let at = 0; at < sorted.length; at++) {
      const value = dark[at]![i]!
      let place = at
      for (; place > 0 && sorted[place - 1]! > value; place--) sorted[place] = sorted[place - 1]!
      sorted[place] = value
    }
    const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
    difference[i] = Math.round((sum / lit.length - middle) * SCALE)
    total += difference[i]!
  }
  // What all of the picture has done together was the camera's exposure, or the light of the room.
  const mean = Math.round(total / Math.max(1, length))
  for (let i = 0; i < length; i++) difference[i]! -= mean
  return difference
}

/**
 * The one place that grew brighter with the pulses, px. Each place counts with the difference that all pulses but a few
 * have exceeded there: what moves, or blinks by itself, is there with one pulse and not with the next.
 */
export function findPulsedSpot(
  pulses: readonly PulseDifference[],
  width: number,
  height: number,
): PulsedSpot {
  const strengths = strengthsOf(pulses, width, height)
  let best = 0
  for (let i = 1; i < strengths.length; i++) if (strengths[i]! > strengths[best]!) best = i
  const strength = strengths[best] ?? 0
  if (strength < LEAST_STRENGTH)
    return failed('no spot of light was found: more power or longer pulses may show it')
  const [x, y] = [best % width, Math.floor(best / width)]
  const spot = blobsIn(width, height, (i) => strengths[i]! - strength * SPOT_SHARE).find(
    ({ left, right, top, bottom }) => x >= left && x <= right && y >= top && y <= bottom,
  )
  if (!spot || spot.area > width * height * LARGEST_SHARE)
    return failed(
      'what grew brighter with the pulses is no spot: let the laser hit something dull, such as a card',
    )
  const glow = GLOW.px + GLOW.sizes * Math.max(spot.right - spot.left, spot.bottom - spot.top)
  let rival = 0
  for (let row = 0, i = 0; row < height; row++) {
    const isBeside = row >= spot.top - glow && row <= spot.bottom + glow
    for (let column = 0; column < width; column++, i++) {
      if (isBeside && column >= spot.left - glow && column <= spot.right + glow) continue
      if (strengths[i]! > strengths[rival]! || rival === 0) rival = i
    }
  }
  const share = strengths[rival]! / strength
  if (share < RIVAL_SHARE) return { found: true, x: spot.x, y: spot.y, strength }
  const place = (px: number, py: number): string => `${Math.round(px)}, ${Math.round(py)}`
  return failed(
    `two places grew brighter with the pulses, ${place(spot.x, spot.y)} and ${place(rival % width, Math.floor(rival / width))}, the second by ${Math.round(share * 100)} % of the first: cover what reflects or moves, and try again`,
  )
}

/** How strongly each place answers, of 255: on a mean of nine pixels, since one may be noise. */
function strengthsOf(pulses: readonly PulseDifference[], width: number, height: number): Float32Array {
  const strengths = new Float32Array(width * height)
  const spoilt = Math.floor(pulses.length * SPOILT_SHARE)
  const lowest = new Float64Array(spoilt + 1)
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      lowest.fill(Infinity)
      for (const pulse of pulses) {
        const sum =
          pulse[i - width - 1]! +
          pulse[i - width]! +
          pulse[i - width + 1]! +
          pulse[i - 1]! +
          pulse[i]! +
          pulse[i + 1]! +
          pulse[i + width - 1]! +
          pulse[i + width]! +
          pulse[i + width + 1]!
        if (sum >= lowest[spoilt]!) continue
        let place = spoilt
        for (; place > 0 && lowest[place - 1]! > sum; place--) lowest[place] = lowest[place - 1]!
        lowest[place] = sum
      }
      strengths[i] = lowest[spoilt]! / (9 * SCALE)
    }
  }
  return strengths
}

function failed(message: string): PulsedSpot {
  return { found: false, message }
}
