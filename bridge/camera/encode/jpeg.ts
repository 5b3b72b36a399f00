import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib'
import * as av from 'node-av/constants'
import type { Picture } from '../frame/frame.ts'
import { check } from './video-encoder.ts'

/** FFmpeg's scale, 2 the best to 31: 4 shows no blocks on a slide. */
const QUALITY = 4
/** A step of that scale in the units of encoder contexts (FF_QP2LAMBDA of libavutil/avutil.h). */
const QUALITY_UNIT = 118

// JPEG has the full range (JFIF 1.02), pictures for video the limited one.
const FULL_LUMA = Uint8Array.from({ length: 256 }, (_, v) =>
  Math.min(255, Math.max(0, Math.round(((v - 16) * 255) / 219))),
)
const FULL_CHROMA = Uint8Array.from({ length: 256 }, (_, v) =>
  Math.min(255, Math.max(0, Math.round(((v - 128) * 255) / 224 + 128))),
)

/** Makes JPEG files of pictures of one size. */
export class JpegEncoder {
  readonly #context: CodecContext
  readonly #frame = new Frame()
  readonly #packet = new Packet()
  #number = 0n
  #last: Promise<unknown> = Promise.resolve()

  private constructor(context: CodecContext) {
    this.#context = context
    this.#frame.alloc()
    this.#frame.width = context.width
    this.#frame.height = context.height
    this.#frame.format = av.AV_PIX_FMT_YUVJ420P
    this.#frame.quality = QUALITY * QUALITY_UNIT
    this.#packet.alloc()
    check(this.#frame.getBuffer(32), 'allocating a frame')
  }

  static async open(width: number, height: number): Promise<JpegEncoder> {
    const codec = Codec.findEncoder(av.AV_CODEC_ID_MJPEG)
    if (!codec) throw new Error('this FFmpeg has no JPEG encoder')
    const context = new CodecContext()
    context.allocContext3(codec)
    try {
      context.width = width
      context.height = height
      context.pixelFormat = av.AV_PIX_FMT_YUVJ420P
      context.timeBase = new Rational(1, 30)
      context.threadCount = 1
      context.setFlags(av.AV_CODEC_FLAG_QSCALE)
      context.globalQuality = QUALITY * QUALITY_UNIT
      check(await context.open2(codec, null), 'opening the JPEG encoder')
      return new JpegEncoder(context)
    } catch (error) {
      context.freeContext()
      throw error
    }
  }

  /** A JPEG file of the picture, whose data is free again as soon as this has been called. One at a time. */
  encode(picture: Picture): Promise<Uint8Array> {
    check(this.#frame.makeWritable(), 'making a frame writable')
    this.#fill(picture)
    const file = this.#encode()
    this.#last = file.catch(() => {})
    return file
  }

  async #encode(): Promise<Uint8Array> {
    this.#packet.unref()
    this.#frame.pts = this.#number++
    check(await this.#context.sendFrame(this.#frame), 'encoding a JPEG')
    check(this.#context.receivePacketSync(this.#packet), 'encoding a JPEG')
    return new Uint8Array(this.#packet.data ?? [])
  }

  #fill({ i420, width, height }: Picture): void {
    const planes = this.#frame.data ?? []
    const strides = this.#frame.linesize
    let at = 0
    for (const [plane, table] of [FULL_LUMA, FULL_CHROMA, FULL_CHROMA].entries()) {
      const across = plane === 0 ? width : width / 2
      const down = plane === 0 ? height : height / 2
      const to = planes[plane]!
      for (let row = 0; row < down; row++) {
        const line = row * strides[plane]!
        for (let x = 0; x < across; x++) to[line + x] = table[i420[at++]!]!
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    this.#packet.free()
    this.#frame.free()
    this.#context.freeContext()
  }
}
