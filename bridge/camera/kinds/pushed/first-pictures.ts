import type { CodedPicture } from './depacketizer.ts'

const TICKS_PER_S = 90_000
/** As many pictures tell their rate well; a source that has fewer a second is not waited for longer. */
const ENOUGH = 10
const LONGEST_MS = 1500
const MOST_FPS = 240
const USUAL_FPS = 30

/** Watches the first pictures of a stream for their rate, which nothing in it says. */
export class FirstPictures {
  readonly #known = Promise.withResolvers<number>()
  #seen = 0
  #ticks = 0
  #last = 0
  #limit: NodeJS.Timeout | undefined

  /** Pictures a second, once some have come. */
  get fps(): Promise<number> {
    return this.#known.promise
  }

  see({ timestamp }: CodedPicture): void {
    if (this.#seen === 0) this.#limit = setTimeout(() => this.#tell(), LONGEST_MS)
    else this.#ticks += Math.max(0, (timestamp - this.#last) | 0)
    this.#last = timestamp
    this.#seen += 1
    if (this.#seen === ENOUGH) this.#tell()
  }

  #tell(): void {
    clearTimeout(this.#limit)
    const fps = ((this.#seen - 1) * TICKS_PER_S) / this.#ticks
    this.#known.resolve(fps > 0 && fps <= MOST_FPS ? Math.round(fps * 10) / 10 : USUAL_FPS)
  }
}
