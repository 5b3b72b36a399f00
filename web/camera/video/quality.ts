import type { Quality } from '../../../shared/camera/camera.ts'

/** What a page sees of its link in one second. */
export interface LinkReading {
  /** On a clock that only goes on, in ms. */
  at: number
  lossPercent: number
  /** Pictures shown a second; undefined while that is not known. */
  fps: number | undefined
  /** Pictures made a second. */
  madeFps: number | undefined
}

/** More packets lost than this show as blocks and stutter. */
const MOST_LOSS_PERCENT = 3
/** Fewer of the pictures than this are a link, or a machine, that does not keep up. */
const LEAST_SHOWN = 0.6
/** Readings in a row that make it certain. */
const BAD_IN_A_ROW = 3
/** How long half quality is kept before full is tried again; twice as long after each try that failed. */
const FIRST_PATIENCE_MS = 15_000
const MOST_PATIENCE_MS = 300_000
/** A try of full quality that has lasted so long has not failed. */
const TRIAL_MS = 20_000

/** Decides by the link in which quality to watch, and says why. */
export class QualityChooser {
  quality: Quality = 'full'
  /** Why it is half quality; undefined in full. */
  reason: string | undefined
  #bad = 0
  #since = -Infinity
  #patienceMs = FIRST_PATIENCE_MS

  /** Takes a reading; answers whether the quality is now another. */
  observe(reading: LinkReading): boolean {
    const trouble = troubleOf(reading)
    this.#bad = trouble === undefined ? 0 : this.#bad + 1
    const lastedMs = reading.at - this.#since
    if (this.quality === 'full') {
      if (lastedMs > TRIAL_MS) this.#patienceMs = FIRST_PATIENCE_MS
      if (this.#bad < BAD_IN_A_ROW) return false
      if (lastedMs <= TRIAL_MS) this.#patienceMs = Math.min(this.#patienceMs * 2, MOST_PATIENCE_MS)
      return this.#turn('half', trouble, reading.at)
    }
    // While even half quality suffers, there is no point in trying for more.
    if (trouble !== undefined) this.#since = reading.at
    return lastedMs >= this.#patienceMs && trouble === undefined && this.#turn('full', undefined, reading.at)
  }

  #turn(quality: Quality, reason: string | undefined, at: number): boolean {
    this.quality = quality
    this.reason = reason
    this.#bad = 0
    this.#since = at
    return true
  }
}

function troubleOf({ lossPercent, fps, madeFps }: LinkReading): string | undefined {
  if (lossPercent > MOST_LOSS_PERCENT) return `${lossPercent.toFixed(0)} % of the packets were lost`
  if (fps !== undefined && madeFps !== undefined && madeFps >= 5 && fps < madeFps * LEAST_SHOWN)
    return `only ${fps.toFixed(0)} of ${madeFps.toFixed(0)} pictures a second came`
  return undefined
}
