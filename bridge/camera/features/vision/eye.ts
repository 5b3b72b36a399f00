import {
  type DetectorName,
  DETECTORS,
  type Detectors,
  type Seen,
  type Thing,
} from '../../../../shared/camera/vision.ts'
import { findColour } from './colour.ts'
import type { Markers } from './marker.ts'
import type { DetectorModel } from '../../../device/detector-model.ts'
import type { Model } from './model.ts'
import { Motion } from './motion.ts'
import { MovingMotion } from './moving.ts'
import type { Found, Look } from './picture.ts'
import { findSpots } from './spot.ts'
import { Tracks } from './tracks.ts'

/** Things a detector may find in a picture: more is noise, and the largest are kept. */
const MOST_FOUND = 50

/** Looks at pictures with the detectors that are on, and follows what they find. */
export class Eye {
  #detectors: Detectors = {}
  #tracks = new Map<DetectorName, Tracks>()
  #motion = new Motion()
  #moving = new MovingMotion()
  #markers: Markers | undefined
  #model: Model | undefined
  #lastId = 0

  /** Rejects with the reason of a detector that cannot be had; the others look all the same. */
  async use(detectors: Detectors, model: DetectorModel | undefined): Promise<void> {
    const before = this.#detectors
    this.#detectors = detectors
    if (before.motion?.cameraMoves !== detectors.motion?.cameraMoves) {
      this.#motion = new Motion()
      this.#moving = new MovingMotion()
    }
    for (const name of DETECTORS) if (!detectors[name]) this.#tracks.delete(name)
    // What is loaded is megabytes: only for who wants it.
    if (detectors.marker && !this.#markers) this.#markers = new (await import('./marker.ts')).Markers()
    this.#model = undefined
    if (detectors.model && model) this.#model = await (await import('./model.ts')).Model.open(model)
  }

  /** Looks at one picture, made at `madeAt`. */
  async look(look: Look, frame: number, madeAt: number): Promise<Seen> {
    const things: Thing[] = []
    for (const name of DETECTORS) {
      if (!this.#detectors[name]) continue
      const found = await this.#find(name, look, madeAt)
      found.sort((a, b) => b.width * b.height - a.width * a.height)
      let tracks = this.#tracks.get(name)
      if (!tracks) this.#tracks.set(name, (tracks = new Tracks(name, () => ++this.#lastId)))
      things.push(...tracks.follow(found.slice(0, MOST_FOUND), madeAt))
    }
    return { frame, madeAt, things }
  }

  async #find(name: DetectorName, look: Look, madeAt: number): Promise<Found[]> {
    const { motion, spot, colour, model } = this.#detectors
    if (name === 'motion' && motion)
      return (motion.cameraMoves ? this.#moving : this.#motion).find(look, motion, madeAt)
    if (name === 'spot' && spot) return findSpots(look, spot)
    if (name === 'colour' && colour) return findColour(look, colour)
    if (name === 'marker') return this.#markers?.find(look) ?? []
    return (model && (await this.#model?.find(look, model.leastScore))) ?? []
  }
}
