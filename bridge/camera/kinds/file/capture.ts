import { monotonicMs } from '../../../core/clock.ts'
import { pause } from '../../../core/deadline.ts'
import type { Frame } from '../../frame/frame.ts'
import type { FileSource } from '../../frame/protocol.ts'
import type { Capture } from '../../frame/capture.ts'
import { I420Converter } from '../../decode/converter.ts'
import { VideoFile } from './video-file.ts'

/** Further behind than this, playing goes on from now instead of hurrying after. */
const MOST_LATE_MS = 100

/** A file played at its own rate, or a live stream as it comes. */
export class FileCapture implements Capture {
  readonly bitDepth = 8
  readonly nominalFps: number
  readonly features = {}
  readonly settings = {}
  readonly #source: FileSource
  readonly #converter: I420Converter
  #file: VideoFile
  #number = 0

  private constructor(source: FileSource, file: VideoFile) {
    this.#source = source
    this.#file = file
    this.#converter = new I420Converter(source.width ?? file.width, source.height ?? file.height)
    this.nominalFps = Math.round(file.fps * 100) / 100
  }

  /** Throws why it cannot be read. */
  static async open(source: FileSource, signal: AbortSignal): Promise<FileCapture> {
    return new FileCapture(source, await VideoFile.open(source.url, source.live, signal))
  }

  get width(): number {
    return this.#converter.width
  }

  get height(): number {
    return this.#converter.height
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
      const data = this.#converter.convert(next.frame)
      if (!this.#source.live) {
        first ??= next.timeMs
        time = Number.isFinite(next.timeMs) ? next.timeMs - first : time + periodMs
        zero ??= performance.now()
        const wait = zero + time - performance.now()
        if (wait < -MOST_LATE_MS) zero -= wait
        if (wait > 0 && !(await pause(wait, signal))) return
      }
      const { width, height, bitDepth } = this
      frame({ width, height, bitDepth, format: 'i420', data, number: this.#number++, madeAt: monotonicMs() })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]()
    this.#converter[Symbol.dispose]()
  }
}
