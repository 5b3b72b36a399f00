import { monotonicMs } from '../../core/clock.ts'
import type { Sender } from '../frame/encode.ts'
import { type Frame, i420Bytes, type Picture, toI420 } from '../frame/frame.ts'
import { LatestSlot } from '../frame/slot.ts'
import { stageTimes } from '../frame/stage-times.ts'
import type { CameraRates } from '../frame/protocol.ts'
import { Tap } from '../frame/tap.ts'

/** From a captured frame to those who have a use for it: the newest is converted once, sent, and handed to who follows. */
export class Pipeline {
  timeCode = false
  /** Every frame as it was captured; its data is used again for a later one, but not before two more have come. */
  readonly frames: Tap<Frame>
  /** What the sender gets, at the pace at which it takes it. The data is the next one's as soon as the follower returns. */
  readonly pictures: Tap<Picture>
  readonly #slot = new LatestSlot<Frame>()
  readonly #sender: Sender
  readonly #picture: Picture
  #newest: Frame | undefined
  #captured = 0
  #busySince: number | undefined
  #offeredAt = 0
  #counted = { at: performance.now(), captured: 0, pictures: 0, bytes: 0 }

  /** `wantFrames` hears whether frames are wanted, where that makes a difference to their source: those it has handed over are old when it is asked again. */
  constructor(width: number, height: number, sender: Sender, wantFrames?: (wanted: boolean) => void) {
    this.#sender = sender
    const changed = (): void => {
      if (wantFrames) this.#newest = undefined
      wantFrames?.(this.frames.wanted || this.pictures.wanted)
    }
    this.frames = new Tap(changed)
    this.pictures = new Tap((wanted) => {
      changed()
      if (wanted) this.wake()
    })
    this.#picture = { width, height, madeAt: 0, i420: new Uint8Array(i420Bytes(width, height)).fill(128) }
  }

  /** Frames that a newer one replaced before they could be sent. */
  get dropped(): number {
    return this.#slot.dropped
  }

  /** Since how many ms a picture has been with the encoder. */
  get busyMs(): number {
    return this.#busySince === undefined ? 0 : performance.now() - this.#busySince
  }

  offer(frame: Frame): void {
    this.#captured += 1
    stageTimes.mark('capture', monotonicMs() - frame.madeAt)
    this.#newest = frame
    this.frames.offer(frame)
    this.#put(frame)
  }

  /** Somebody has a use for pictures again: they have the newest there is, which with a long exposure is all for a while. */
  wake(): void {
    if (this.#newest) this.#put(this.#newest)
  }

  #put(frame: Frame): void {
    if (!this.#isAwake()) return
    this.#offeredAt = performance.now()
    this.#slot.put(frame)
  }

  #isAwake(): boolean {
    return this.#sender.awake || this.pictures.wanted
  }

  /** Works until an encoder fails, then rejects with its reason. */
  async run(): Promise<never> {
    for (;;) {
      const frame = await this.#slot.take()
      const takenAt = performance.now()
      this.#busySince = takenAt
      stageTimes.mark('slot', takenAt - this.#offeredAt)
      toI420(frame, this.#picture.i420, this.timeCode)
      stageTimes.mark('convert', performance.now() - takenAt)
      this.#picture.madeAt = frame.madeAt
      const sent = this.#sender.awake ? this.#sender.send({ ...this.#picture }) : undefined
      this.pictures.offer(this.#picture)
      await sent
      this.#busySince = undefined
    }
  }

  /** Rates since the last call. */
  rates(): CameraRates {
    const before = this.#counted
    const now = { at: performance.now(), captured: this.#captured, ...this.#sender.sent }
    this.#counted = now
    const seconds = (now.at - before.at) / 1000
    const rate = (count: number): number => Math.round((count / seconds) * 10) / 10
    return {
      captureFps: rate(now.captured - before.captured),
      encodeFps: rate(now.pictures - before.pictures),
      kbps: Math.round(((now.bytes - before.bytes) * 8) / 1000 / seconds),
    }
  }
}
