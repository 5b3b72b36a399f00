import { localMsOf } from '../../core/clock.ts'
import { OLDEST_PICTURE_MS, whyNotNow } from './lost.ts'

/** Lets through the pictures that say something about now, and notices when there are none any more. */
export class FreshPictures {
  readonly #blind: (why: string) => void
  /** Since when there is none, by performance.now(). */
  #since = performance.now()
  #timer: NodeJS.Timeout | undefined

  /** `blind` is called with the reason in words when for 2 s all are old or of the future, or none comes after one that was neither. */
  constructor(blind: (why: string) => void) {
    this.#blind = blind
  }

  /** Whether a picture that was complete at `madeAt`, ms of the monotonic clock, is to be looked at. */
  take(madeAt: number): boolean {
    const now = performance.now()
    const why = whyNotNow(now - localMsOf(madeAt))
    if (why === undefined) {
      this.#since = now
      this.#timer ??= setTimeout(() => this.#blind('no picture has come for 2 s'), OLDEST_PICTURE_MS)
      this.#timer.refresh()
      return true
    }
    if (now - this.#since > OLDEST_PICTURE_MS) this.#blind(why)
    return false
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
