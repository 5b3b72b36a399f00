import type { DetectorName, Thing } from '../../../../shared/camera/vision.ts'
import type { Found } from './picture.ts'

/** How far a guess goes towards what is seen: place, and speed (alpha-beta filter, Sklansky 1957). */
const ALPHA = 0.9
const BETA = 0.5
/** A track that is not seen for so long is over, or sooner when it was seen but a few times. */
const COAST_MS = 1200
const COAST_MS_A_HIT = 100
/** So often it must be seen before it is shown: noise is seen once. */
const SHOWN_AFTER = 2
/** How far from its guess a thing may be: its own size and this, px, and more the longer it was not seen. */
const GATE_PX = 30
const GATE_PX_PER_S = 220
const MOST_GATE_PX = 200

interface Track {
  id: number
  thing: Thing
  seenAt: number
  hits: number
  area: number
}

/** Gives what one detector finds an identity from frame to frame, and keeps it when it is hidden for a while. */
export class Tracks {
  readonly #detector: DetectorName
  readonly #nextId: () => number
  #tracks: Track[] = []
  #at = 0

  constructor(detector: DetectorName, nextId: () => number) {
    this.#detector = detector
    this.#nextId = nextId
  }

  /** What there is at `madeAt`, ms: tracks that were seen, and those that coast. */
  follow(found: readonly Found[], madeAt: number): Thing[] {
    const seconds = Math.max(0.001, (madeAt - this.#at) / 1000)
    this.#at = madeAt
    for (const { thing } of this.#tracks) {
      thing.x += thing.vx * seconds
      thing.y += thing.vy * seconds
      thing.coasting = true
    }
    const free = new Set(found)
    for (const { track, one } of this.#pairs(found, madeAt)) {
      if (!free.has(one) || !track.thing.coasting) continue
      free.delete(one)
      this.#see(track, one, Math.max(seconds, (madeAt - track.seenAt) / 1000), madeAt)
    }
    for (const one of free) this.#tracks.push(this.#begin(one, madeAt))
    this.#tracks = this.#tracks.filter(
      ({ seenAt, hits }) =>
        madeAt - seenAt <= (hits < SHOWN_AFTER ? 0 : Math.min(COAST_MS, hits * COAST_MS_A_HIT)),
    )
    return this.#tracks.filter(({ hits }) => hits >= SHOWN_AFTER).map(({ thing }) => ({ ...thing }))
  }

  /** Every track with every find that it could be, the nearest first. */
  #pairs(found: readonly Found[], madeAt: number): { track: Track; one: Found }[] {
    const pairs: { track: Track; one: Found; distance: number }[] = []
    for (const track of this.#tracks) {
      const { thing } = track
      const gone = (madeAt - track.seenAt) / 1000
      const size = Math.max(thing.width, thing.height) / 2
      const gate = Math.min(MOST_GATE_PX, GATE_PX + size + GATE_PX_PER_S * gone)
      for (const one of found) {
        if (one.label !== thing.label) continue
        const distance = Math.hypot(one.x - thing.x, one.y - thing.y)
        // A marker says who it is.
        if (distance > gate && this.#detector !== 'marker') continue
        const grown = Math.abs(Math.log((one.width * one.height + 1) / (track.area + 1)))
        pairs.push({ track, one, distance: distance + grown * 8 + (track.hits < SHOWN_AFTER ? gate : 0) })
      }
    }
    return pairs.sort((a, b) => a.distance - b.distance)
  }

  #begin(one: Found, madeAt: number): Track {
    const id = this.#nextId()
    const thing: Thing = { ...one, track: id, detector: this.#detector, vx: 0, vy: 0, coasting: false }
    return { id, thing, seenAt: madeAt, hits: 1, area: one.width * one.height }
  }

  #see(track: Track, one: Found, seconds: number, madeAt: number): void {
    const { thing } = track
    const [offX, offY] = [one.x - thing.x, one.y - thing.y]
    const [alpha, beta] = track.hits === 1 ? [1, 1] : [ALPHA, BETA]
    thing.x += offX * alpha
    thing.y += offY * alpha
    thing.vx += (offX * beta) / seconds
    thing.vy += (offY * beta) / seconds
    thing.width = one.width
    thing.height = one.height
    thing.score = one.score
    thing.coasting = false
    track.area += (one.width * one.height - track.area) * 0.3
    track.hits += 1
    track.seenAt = madeAt
  }
}
