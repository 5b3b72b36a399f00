import { type Grey, type Rect, within } from './statistics.ts'

/** ISO 11146-1, 7.2: the integration area is three times the beam's widths. */
const APERTURE = 3
const MOST_ROUNDS = 30
/** The widths have settled when they change by less than this part. */
const SETTLED = 0.001
/** A frame's corners, of this part of its sides, are taken for dark until the beam's place is known. */
const CORNER = 0.05
/** What is not so many deviations above the dark is no beam. */
const VISIBLE = 4
/** The sum above the background is so many times what noise alone would make it. */
const CERTAIN = 10
const NO_BEAM = 'no beam above the background'
/** Pixels outside the aperture that a dark level can be had from. */
const ENOUGH_DARK = 200

/** A beam by its second moments (ISO 11146-1). Lengths in px; the angle in degrees, from x towards y, -90 to 90. */
export interface Beam {
  x: number
  y: number
  /** D4σ along its own axes. */
  major: number
  minor: number
  /** Of the major axis. */
  angle: number
  /** D4σ along the picture's axes. */
  widthX: number
  widthY: number
  /** minor / major. */
  roundness: number
  /** The level that was taken for dark, and its deviation. */
  background: number
  noise: number
  /** The sum above the background. */
  power: number
  /** The integration area reaches beyond what was looked at: the widths are too small. */
  isCut: boolean
}

interface Moments {
  power: number
  x: number
  y: number
  xx: number
  yy: number
  xy: number
}

/** A rectangle that may be turned: half its sides along the axes that `angle` (radians) gives. */
interface Aperture {
  x: number
  y: number
  angle: number
  along: number
  across: number
}

/**
 * The beam in a picture, or in the part of it where the beam is known to be: centroid and D4σ widths from the second
 * moments of what is above the background, in an area of three times the widths that is found by iteration. A string
 * says why there is none. Pixels' middles are at 0.5, 0.5.
 */
export function measureBeam(grey: Grey, rect?: Rect): Beam | string {
  const part = within(grey, rect)
  if (part.width < 8 || part.height < 8) return 'too small a part to find a beam in'
  let dark = cornerLevel(grey, part)
  let moments = momentsOf(grey, part, dark.level, undefined, dark.level + VISIBLE * dark.noise)
  if (!moments) return NO_BEAM
  let aperture = apertureOf(moments)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    dark = levelOutside(grey, part, aperture) ?? dark
    // Nothing is left out inside the area: without what noise takes away, what it adds would widen the beam.
    const next = momentsOf(grey, part, dark.level, aperture)
    if (!next) return NO_BEAM
    moments = next
    const refined = apertureOf(moments)
    const change = Math.max(
      Math.abs(refined.along / aperture.along - 1),
      Math.abs(refined.across / aperture.across - 1),
      Math.hypot(refined.x - aperture.x, refined.y - aperture.y) / aperture.across,
    )
    aperture = refined
    if (change >= SETTLED) continue
    const byChance = dark.noise * Math.sqrt(4 * aperture.along * aperture.across)
    return moments.power < CERTAIN * byChance ? NO_BEAM : describe(moments, dark, aperture, part)
  }
  return 'the width of the beam does not settle: is it more than one, or cut off?'
}

function describe(moments: Moments, dark: Dark, aperture: Aperture, part: Rect): Beam {
  const { major, minor, angle } = axesOf(moments)
  return {
    ...{ x: moments.x, y: moments.y, major, minor },
    angle: (angle * 180) / Math.PI,
    widthX: 4 * Math.sqrt(moments.xx),
    widthY: 4 * Math.sqrt(moments.yy),
    roundness: minor / major,
    background: dark.level,
    noise: dark.noise,
    power: moments.power,
    isCut: corners(aperture).some(
      ({ x, y }) => x < part.x || y < part.y || x > part.x + part.width || y > part.y + part.height,
    ),
  }
}

/** ISO 11146-1, formulas 18 to 23. */
function axesOf({ xx, yy, xy }: Moments): { major: number; minor: number; angle: number } {
  const sum = xx + yy
  const difference = Math.hypot(xx - yy, 2 * xy)
  return {
    major: 2 * Math.SQRT2 * Math.sqrt(sum + difference),
    minor: 2 * Math.SQRT2 * Math.sqrt(Math.max(0, sum - difference)),
    angle: Math.atan2(2 * xy, xx - yy) / 2,
  }
}

function apertureOf(moments: Moments): Aperture {
  const { major, minor, angle } = axesOf(moments)
  const half = APERTURE / 2
  // A beam is never thinner than a pixel can tell.
  return {
    x: moments.x,
    y: moments.y,
    angle,
    along: half * Math.max(2, major),
    across: half * Math.max(2, minor),
  }
}

function corners({ x, y, angle, along, across }: Aperture): { x: number; y: number }[] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return [
    [1, 1],
    [1, -1],
    [-1, 1],
    [-1, -1],
  ].map(([a = 0, b = 0]) => ({
    x: x + a * along * cos - b * across * sin,
    y: y + a * along * sin + b * across * cos,
  }))
}

/** Second moments about the centroid; undefined where they are not those of a beam. */
function momentsOf(
  { samples, width }: Grey,
  part: Rect,
  background: number,
  aperture: Aperture | undefined,
  threshold = -Infinity,
): Moments | undefined {
  const box = aperture ? boxOf(aperture, part) : part
  const [cos, sin] = aperture ? [Math.cos(aperture.angle), Math.sin(aperture.angle)] : [1, 0]
  // About a place near the beam, or the squares of large positions would eat the digits.
  const middle = aperture ?? { x: part.x + part.width / 2, y: part.y + part.height / 2 }
  let [power, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0]
  for (let row = box.y; row < box.y + box.height; row++) {
    const dy = row + 0.5 - middle.y
    for (let column = box.x; column < box.x + box.width; column++) {
      const dx = column + 0.5 - middle.x
      if (aperture) {
        if (Math.abs(dx * cos + dy * sin) > aperture.along) continue
        if (Math.abs(dy * cos - dx * sin) > aperture.across) continue
      }
      const sample = samples[row * width + column]!
      if (sample < threshold) continue
      const value = sample - background
      power += value
      x += value * dx
      y += value * dy
      xx += value * dx * dx
      yy += value * dy * dy
      xy += value * dx * dy
    }
  }
  if (!(power > 0)) return undefined
  const [mx, my] = [x / power, y / power]
  const moments = {
    ...{ power, x: middle.x + mx, y: middle.y + my },
    xx: xx / power - mx * mx,
    yy: yy / power - my * my,
    xy: xy / power - mx * my,
  }
  return moments.xx > 0 && moments.yy > 0 ? moments : undefined
}

/** The upright box about an aperture, within the part. */
function boxOf(aperture: Aperture, part: Rect): Rect {
  const all = corners(aperture)
  const left = Math.max(part.x, Math.floor(Math.min(...all.map(({ x }) => x))))
  const top = Math.max(part.y, Math.floor(Math.min(...all.map(({ y }) => y))))
  const right = Math.min(part.x + part.width, Math.ceil(Math.max(...all.map(({ x }) => x))))
  const bottom = Math.min(part.y + part.height, Math.ceil(Math.max(...all.map(({ y }) => y))))
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) }
}

interface Dark {
  level: number
  noise: number
}

class Level {
  #count = 0
  #sum = 0
  #squares = 0

  add(value: number): void {
    this.#count += 1
    this.#sum += value
    this.#squares += value * value
  }

  get count(): number {
    return this.#count
  }

  get dark(): Dark {
    const level = this.#sum / this.#count
    return { level, noise: Math.sqrt(Math.max(0, this.#squares / this.#count - level * level)) }
  }
}

/** The darkest of the four corners: light may reach into some. */
function cornerLevel({ samples, width }: Grey, part: Rect): Dark {
  const wide = Math.max(2, Math.round(part.width * CORNER))
  const high = Math.max(2, Math.round(part.height * CORNER))
  const levels: Dark[] = []
  for (const left of [part.x, part.x + part.width - wide]) {
    for (const top of [part.y, part.y + part.height - high]) {
      const level = new Level()
      for (let row = top; row < top + high; row++) {
        for (let column = left; column < left + wide; column++) level.add(samples[row * width + column]!)
      }
      levels.push(level.dark)
    }
  }
  return levels.reduce((darkest, each) => (each.level < darkest.level ? each : darkest))
}

/** The mean of what the integration area leaves out (ISO 11146-3, 3.4); undefined where that is too little. */
function levelOutside({ samples, width }: Grey, part: Rect, aperture: Aperture): Dark | undefined {
  const [cos, sin] = [Math.cos(aperture.angle), Math.sin(aperture.angle)]
  const level = new Level()
  for (let row = part.y; row < part.y + part.height; row++) {
    const dy = row + 0.5 - aperture.y
    for (let column = part.x; column < part.x + part.width; column++) {
      const dx = column + 0.5 - aperture.x
      const isInside =
        Math.abs(dx * cos + dy * sin) <= aperture.along && Math.abs(dy * cos - dx * sin) <= aperture.across
      if (!isInside) level.add(samples[row * width + column]!)
    }
  }
  return level.count >= ENOUGH_DARK ? level.dark : undefined
}
