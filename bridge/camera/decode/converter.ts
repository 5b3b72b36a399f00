import { type Frame as AvFrame, Frame, SoftwareScaleContext } from 'node-av/lib'
import * as av from 'node-av/constants'
import { check } from '../encode/video-encoder.ts'
import { i420Bytes } from '../frame/frame.ts'

/** As many as a capture owes those who take its frames: two more come before a frame's data is used again. */
const BUFFERS = 3

/** Makes I420 of one size out of decoded pictures of any. */
export class I420Converter implements Disposable {
  readonly width: number
  readonly height: number
  readonly #scaled = new Frame()
  readonly #scaler = new SoftwareScaleContext()
  readonly #buffers: Uint8Array[]
  #scaledFrom = ''
  #number = 0

  /** Sides are made even. */
  constructor(width: number, height: number) {
    this.width = even(width)
    this.height = even(height)
    this.#buffers = Array.from({ length: BUFFERS }, () => new Uint8Array(i420Bytes(this.width, this.height)))
    this.#scaled.alloc()
    this.#scaled.width = this.width
    this.#scaled.height = this.height
    this.#scaled.format = av.AV_PIX_FMT_YUV420P
    check(this.#scaled.getBuffer(32), 'allocating a frame')
  }

  /** The picture in a buffer that is used again for the third one after it. */
  convert(decoded: AvFrame): Uint8Array {
    const same =
      decoded.format === av.AV_PIX_FMT_YUV420P &&
      decoded.width === this.width &&
      decoded.height === this.height
    const from = same ? decoded : this.#scale(decoded)
    const data = this.#buffers[this.#number++ % BUFFERS]!
    let at = 0
    for (let plane = 0; plane < 3; plane++) {
      const across = plane === 0 ? this.width : this.width / 2
      const down = plane === 0 ? this.height : this.height / 2
      const bytes = from.data![plane]!
      const stride = from.linesize[plane]!
      for (let row = 0; row < down; row++, at += across)
        data.set(bytes.subarray(row * stride, row * stride + across), at)
    }
    return data
  }

  #scale(decoded: AvFrame): AvFrame {
    // A live stream may change its size under way.
    const shape = `${decoded.width}x${decoded.height} ${decoded.format}`
    if (shape !== this.#scaledFrom) {
      const format = decoded.format as Parameters<SoftwareScaleContext['getContext']>[2]
      const { width, height } = this
      this.#scaler.freeContext()
      this.#scaler.getContext(
        decoded.width,
        decoded.height,
        format,
        width,
        height,
        av.AV_PIX_FMT_YUV420P,
        av.SWS_BILINEAR,
      )
      this.#scaledFrom = shape
    }
    check(this.#scaler.scaleFrameSync(this.#scaled, decoded), 'scaling a picture')
    return this.#scaled
  }

  [Symbol.dispose](): void {
    this.#scaler.freeContext()
    this.#scaled.free()
  }
}

function even(size: number): number {
  return Math.max(2, Math.floor(size / 2) * 2)
}
