import { SoftwareScaleContext, Frame as AvFrame } from 'node-av/lib'
import * as av from 'node-av/constants'
import { epochMs } from '../../core/clock.ts'
import { pause } from '../../core/deadline.ts'
import { check } from '../encode/video-encoder.ts'
import { type Frame, i420Bytes } from '../frame.ts'
import type { FileSource } from '../protocol.ts'
import type { Capture } from './capture.ts'
import { VideoFile } from './video-file.ts'

const BUFFERS = 3
/** Further behind than this, playing goes on from now instead of hurrying after. */
const MOST_LATE_MS = 100

/** A file played at its own rate, or a live stream as it comes. */
export class FileCapture implements Capture {
  readonly width: number
  readonly height: number
  readonly bitDepth = 8
  readonly nominalFps: number
  readonly ranges = {}
  readonly settings = {}
  readonly #source: FileSource
  readonly #scaled = new AvFrame()
  readonly #scaler = new SoftwareScaleContext()
  readonly #buffers: Uint8Array[]
  #file: VideoFile
  #scaledFrom = ''
  #number = 0

  private constructor(source: FileSource, file: VideoFile) {
    this.#source = source
    this.#file = file
    this.width = even(source.width ?? file.width)
    this.height = even(source.height ?? file.height)
    this.nominalFps = Math.round(file.fps * 100) / 100
    this.#buffers = Array.from({ length: BUFFERS }, () => new Uint8Array(i420Bytes(this.width, this.height)))
    this.#scaled.alloc()
    this.#scaled.width = this.width
    this.#scaled.height = this.height
    this.#scaled.format = av.AV_PIX_FMT_YUV420P
    check(this.#scaled.getBuffer(32), 'allocating a frame')
  }

  /** Throws why it cannot be read. */
  static async open(source: FileSource, signal: AbortSignal): Promise<FileCapture> {
    return new FileCapture(source, await VideoFile.open(source.url, source.live, signal))
  }

  set(): void {}

  async run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#play(frame, signal)
      if (signal.aborted) return
      if (this.#source.live) throw new Error('the stream ended')
      // The last picture stays, and is sent again to whoever asks for a key frame.
      if (!this.#source.loop) return
      await this.#file[Symbol.asyncDispose]()
      this.#file = await VideoFile.open(this.#source.url, false, signal)
    }
  }

  async #play(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    const periodMs = 1000 / this.nominalFps
    let zero: number | undefined
    let time = 0
    let first: number | undefined
    while (!signal.aborted) {
      const next = await this.#file.next(signal)
      if (!next) {
        if (!this.#source.live) await pause(periodMs, signal)
        return
      }
      const data = this.#convert(next.frame)
      if (!this.#source.live) {
        first ??= next.timeMs
        time = Number.isFinite(next.timeMs) ? next.timeMs - first : time + periodMs
        zero ??= performance.now()
        const wait = zero + time - performance.now()
        if (wait < -MOST_LATE_MS) zero -= wait
        if (wait > 0 && !(await pause(wait, signal))) return
      }
      const { width, height, bitDepth } = this
      frame({ width, height, bitDepth, format: 'i420', data, number: this.#number++, madeAt: epochMs() })
    }
  }

  #convert(decoded: AvFrame): Uint8Array {
    const same =
      decoded.format === av.AV_PIX_FMT_YUV420P &&
      decoded.width === this.width &&
      decoded.height === this.height
    const from = same ? decoded : this.#scale(decoded)
    const data = this.#buffers[this.#number % BUFFERS]!
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]()
    this.#scaler.freeContext()
    this.#scaled.free()
  }
}

function even(size: number): number {
  return Math.max(2, Math.floor(size / 2) * 2)
}
