import type { Codec, Quality } from '../../shared/camera/camera.ts'
import type { Logger } from '../core/log.ts'
import { Audience } from './audience.ts'
import type { Entering, Live } from './ingest.ts'
import type { Workers } from './worker.ts'

/** What of a channel can be watched just now; `generation` rises with every publication. */
export type Showing = Live & { generation: number }

/** A way into the SFU: from a process of ours, or from outside. */
interface Entrance {
  close(): void
}

interface Options {
  camera: string
  quality: Quality
  workers: Workers
  log: Logger
  /** There is something to watch, or, undefined, there is nothing any more. */
  onShowing: (publication: { generation: number; codec: Codec; bornAt: number } | undefined) => void
}

/** One camera in one quality, through all its publications: what is to be seen, and how many watch. */
export class Channel implements Disposable {
  readonly camera: string
  readonly quality: Quality
  readonly #options: Options
  #entrance: Entrance | undefined
  #audience: Audience | undefined
  #showing: Showing | undefined
  #generation = 0
  #places = 0

  constructor(options: Options) {
    this.camera = options.camera
    this.quality = options.quality
    this.#options = options
  }

  get showing(): Showing | undefined {
    return this.#showing
  }

  /** How many watch, or are about to. */
  get places(): number {
    return this.#places
  }

  /**
   * Takes the camera's stream from here on, by the way that `enter` makes; what was published before ends. `tell` hears
   * whether anybody watches.
   */
  publish<E extends Entrance>(
    codec: Codec,
    tell: (watched: boolean) => void,
    enter: (entering: Entering) => E,
  ): E {
    const { camera, workers, log, onShowing } = this.#options
    this.#entrance?.close()
    const entrance: E = enter({
      camera,
      codec,
      log,
      workers,
      onLive: (live) => {
        this.#generation += 1
        this.#showing = { ...live, generation: this.#generation }
        onShowing({ generation: this.#generation, codec, bornAt: Date.now() })
      },
      onEnded: () => {
        this.#showing = undefined
        onShowing(undefined)
      },
      onClosed: () => {
        if (this.#entrance !== entrance) return
        this.#entrance = undefined
        this.#audience?.[Symbol.dispose]()
        this.#audience = undefined
      },
    })
    this.#entrance = entrance
    this.#audience = new Audience(tell, this.#places)
    return entrance
  }

  /** One more watches, or one less. */
  seat(change: 1 | -1): void {
    this.#places += change
    this.#audience?.count(this.#places)
  }

  [Symbol.dispose](): void {
    this.#entrance?.close()
  }
}
