import { JpegEncoder } from './encode/jpeg.ts'
import type { Sender } from './encode/encode.ts'
import { type Frame, i420Bytes, type Picture, toI420 } from './frame.ts'
import { LatestSlot } from './slot.ts'
import type { CameraRates } from './protocol.ts'

/** From a captured frame to what leaves the process: the newest frame is converted once, sent, and made a JPEG if asked. */
export class Pipeline {
  timeCode = false
  readonly #slot = new LatestSlot<Frame>()
  readonly #sender: Sender
  readonly #picture: Picture
  readonly #deliverJpeg: (jpeg: Uint8Array) => Promise<void>
  #jpeg: JpegEncoder | undefined
  #jpegWanted = false
  #jpegBusy = false
  #captured = 0
  #busySince: number | undefined
  #counted = { at: performance.now(), captured: 0, pictures: 0, bytes: 0 }

  /** `deliverJpeg` resolves when the JPEG has left: until then no other is made. */
  constructor(
    width: number,
    height: number,
    sender: Sender,
    deliverJpeg: (jpeg: Uint8Array) => Promise<void>,
  ) {
    this.#sender = sender
    this.#deliverJpeg = deliverJpeg
    this.#picture = { width, height, madeAt: 0, i420: new Uint8Array(i420Bytes(width, height)).fill(128) }
  }

  get dropped(): number {
    return this.#slot.dropped
  }

  /** Since how many ms a picture has been with the encoder. */
  get busyMs(): number {
    return this.#busySince === undefined ? 0 : performance.now() - this.#busySince
  }

  offer(frame: Frame): void {
    this.#captured += 1
    this.#slot.put(frame)
  }

  /** Works until an encoder fails, then rejects with its reason. */
  async run(): Promise<never> {
    for (;;) {
      const frame = await this.#slot.take()
      this.#busySince = performance.now()
      toI420(frame, this.#picture.i420, this.timeCode)
      this.#picture.madeAt = frame.madeAt
      const sent = this.#sender.send({ ...this.#picture })
      if (this.#jpegWanted && !this.#jpegBusy) void this.#makeJpeg(this.#picture)
      await sent
      this.#busySince = undefined
    }
  }

  /** JPEGs are made from the next picture on, or no more. */
  wantJpeg(wanted: boolean): void {
    this.#jpegWanted = wanted
  }

  async #makeJpeg(picture: Picture): Promise<void> {
    this.#jpegBusy = true
    try {
      this.#jpeg ??= await JpegEncoder.open(picture.width, picture.height)
      await this.#deliverJpeg(await this.#jpeg.encode(picture))
    } finally {
      this.#jpegBusy = false
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
