import { Codec, CodecContext, FFmpegError, Frame, Packet, Rational } from 'node-av/lib'
import * as av from 'node-av/constants'
import type { EncoderSettings } from '../frame/encode.ts'

type CodecName = Parameters<typeof Codec.findEncoderByName>[0]

/** An FFmpeg encoder and how it is told to be quick. */
export interface EncoderKind {
  name: string
  /** Planar 4:2:0, or the same with both chroma planes interleaved. */
  pixelFormat: 'i420' | 'nv12'
  options: Record<string, string>
}

/** One H.264 picture, Annex B, as a view that the next `encode` overwrites. */
export interface EncodedPicture {
  data: Uint8Array
  isKey: boolean
}

/** How long until a key frame comes unasked: long, since viewers ask when they need one. */
const GOP_S = 10

/** One FFmpeg video encoder: a picture in, its packet out, off the main thread. */
export class VideoEncoder {
  readonly #context: CodecContext
  readonly #frame: Frame
  readonly #packet: Packet
  readonly #settings: EncoderSettings
  readonly #kind: EncoderKind
  #number = 0n

  private constructor(context: CodecContext, kind: EncoderKind, settings: EncoderSettings) {
    this.#context = context
    this.#kind = kind
    this.#settings = settings
    this.#frame = new Frame()
    this.#frame.alloc()
    this.#frame.width = settings.width
    this.#frame.height = settings.height
    this.#frame.format = context.pixelFormat
    this.#packet = new Packet()
    this.#packet.alloc()
    check(this.#frame.getBuffer(32), 'allocating a frame')
  }

  /** Opens an encoder. Throws when this machine does not have it, or it refuses the settings. */
  static async open(kind: EncoderKind, settings: EncoderSettings): Promise<VideoEncoder> {
    const codec = Codec.findEncoderByName(kind.name as CodecName)
    if (!codec) throw new Error(`${kind.name} is not in this FFmpeg`)
    const context = new CodecContext()
    context.allocContext3(codec)
    try {
      const fps = Math.max(1, Math.round(settings.fps))
      const bitsPerS = settings.bitrateKbps * 1000
      context.width = settings.width
      context.height = settings.height
      context.pixelFormat = kind.pixelFormat === 'i420' ? av.AV_PIX_FMT_YUV420P : av.AV_PIX_FMT_NV12
      context.timeBase = new Rational(1, fps)
      context.framerate = new Rational(fps, 1)
      context.gopSize = fps * GOP_S
      context.maxBFrames = 0
      context.threadCount = 1
      context.bitRate = BigInt(bitsPerS)
      context.rcMaxRate = BigInt(bitsPerS)
      // A fifth of a second: a key frame that took longer to send would be seen as a stutter.
      context.rcBufferSize = Math.round(bitsPerS / 5)
      context.colorRange = av.AVCOL_RANGE_MPEG
      for (const [name, value] of Object.entries(kind.options)) {
        check(context.setOption(name, value), `${kind.name} does not know ${name}=${value}`)
      }
      check(await context.open2(codec, null), `opening ${kind.name}`)
      return new VideoEncoder(context, kind, settings)
    } catch (error) {
      context.freeContext()
      throw error
    }
  }

  /**
   * Encodes an I420 picture, as a key frame if asked. Undefined when the encoder keeps it for later. One at a time.
   * Throws FFmpeg's reason.
   */
  async encode(i420: Uint8Array, key: boolean): Promise<EncodedPicture | undefined> {
    this.#packet.unref()
    check(this.#frame.makeWritable(), 'making a frame writable')
    this.#fill(i420)
    this.#frame.pts = this.#number++
    this.#frame.pictType = key ? av.AV_PICTURE_TYPE_I : av.AV_PICTURE_TYPE_NONE
    check(await this.#context.sendFrame(this.#frame), `encoding with ${this.#kind.name}`)
    // The work was done in sendFrame: to fetch the packet takes no time, and no second trip to another thread.
    const code = this.#context.receivePacketSync(this.#packet)
    if (code === av.AVERROR_EAGAIN) return undefined
    check(code, `encoding with ${this.#kind.name}`)
    const data = this.#packet.data
    return data ? { data, isKey: this.#packet.isKeyframe } : undefined
  }

  #fill(i420: Uint8Array): void {
    const { width, height } = this.#settings
    const planes = this.#frame.data ?? []
    const strides = this.#frame.linesize
    const pixels = width * height
    copyPlane(i420.subarray(0, pixels), width, planes[0]!, strides[0]!)
    const u = i420.subarray(pixels, pixels * 1.25)
    const v = i420.subarray(pixels * 1.25)
    if (this.#kind.pixelFormat === 'i420') {
      copyPlane(u, width / 2, planes[1]!, strides[1]!)
      copyPlane(v, width / 2, planes[2]!, strides[2]!)
    } else interleave(u, v, width / 2, planes[1]!, strides[1]!)
  }

  close(): void {
    this.#packet.free()
    this.#frame.free()
    this.#context.freeContext()
  }
}

function copyPlane(from: Uint8Array, width: number, to: Uint8Array, stride: number): void {
  if (stride === width) {
    to.set(from)
    return
  }
  for (let at = 0, line = 0; at < from.length; at += width, line += stride)
    to.set(from.subarray(at, at + width), line)
}

function interleave(u: Uint8Array, v: Uint8Array, width: number, to: Uint8Array, stride: number): void {
  for (let at = 0, line = 0; at < u.length; at += width, line += stride) {
    for (let x = 0; x < width; x++) {
      to[line + 2 * x] = u[at + x]!
      to[line + 2 * x + 1] = v[at + x]!
    }
  }
}

/** The code itself when it is no error. Throws FFmpeg's words for it otherwise, after what was being done. */
export function check(code: number, doing: string): number {
  if (code < 0) throw new Error(`${doing}: ${new FFmpegError(code).message}`)
  return code
}
