import type { Picture } from '../frame/frame.ts'
import { stageTimes } from '../frame/stage-times.ts'
import { Tap } from '../frame/tap.ts'
import type { AccessUnit, EncoderSettings, Report, VideoStream } from '../frame/encode.ts'
import { type ChosenEncoder, openH264 } from './h264.ts'
import { ParameterSets, splitAnnexB } from './nal.ts'

/** Key frames on request come no closer than this: many who join at once share one. */
export const KEY_FRAME_GAP_MS = 100

/** H.264 of the pictures it is given, encoded once for all who follow. */
export class H264Stream implements VideoStream {
  readonly about: VideoStream['about']
  readonly units: Tap<AccessUnit>
  readonly #chosen: ChosenEncoder
  readonly #sets = new ParameterSets()
  #keyWanted = true
  #lastKey = -Infinity
  #lastPicture: Picture | undefined
  #lastTime = 0
  #busy: Promise<void> = Promise.resolve()
  #stillDue: NodeJS.Timeout | undefined

  private constructor(chosen: ChosenEncoder, wanted: (wanted: boolean) => void) {
    this.#chosen = chosen
    this.about = { codec: 'h264', name: chosen.name, reason: chosen.reason }
    this.units = new Tap((followed) => {
      if (followed) this.wantKey(KEY_FRAME_GAP_MS)
      wanted(followed)
    })
  }

  /** `wanted` hears when pictures are wanted, and when no more. Rejects when no encoder takes these settings. */
  static async open(
    settings: EncoderSettings,
    report: Report,
    wanted: (wanted: boolean) => void = () => {},
  ): Promise<H264Stream> {
    return new H264Stream(await openH264(settings, report), wanted)
  }

  /** Encodes the picture for those who follow; resolves when its data may be overwritten. Rejects with FFmpeg's reason. */
  send(picture: Picture): Promise<void> {
    this.#lastPicture = picture
    clearTimeout(this.#stillDue)
    return this.#next(() => this.#encode(picture))
  }

  wantKey(ms: number): void {
    this.#keyWanted = true
    clearTimeout(this.#stillDue)
    this.#stillDue = setTimeout(() => {
      const picture = this.#lastPicture
      if (!picture || !this.#keyWanted) return
      // An encoder that fails fails again with the next picture, and is heard of then.
      this.#next(() => this.#encode(picture)).catch(() => {})
    }, ms)
  }

  /** The encoder takes one picture at a time. */
  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => {})
    return turn
  }

  async #encode(picture: Picture): Promise<void> {
    if (!this.units.wanted) return
    const key = this.#keyWanted && performance.now() - this.#lastKey >= KEY_FRAME_GAP_MS
    if (key) {
      this.#keyWanted = false
      this.#lastKey = performance.now()
    }
    const begun = performance.now()
    const encoded = await this.#chosen.encoder.encode(picture.i420, key)
    if (!encoded) return
    const coded = performance.now()
    stageTimes.mark('encode', coded - begun)
    // A picture sent again comes a millisecond later: the same time twice would be the same picture to a receiver.
    this.#lastTime = Math.max(picture.madeAt, this.#lastTime + 1)
    const units = this.#sets.complete(splitAnnexB(encoded.data))
    this.units.offer({ units, isKey: encoded.isKey, madeAt: this.#lastTime })
    stageTimes.mark('send', performance.now() - coded)
  }

  close(): void {
    clearTimeout(this.#stillDue)
    void this.#busy.then(() => this.#chosen.encoder.close())
  }
}
