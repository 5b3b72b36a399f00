import * as av from 'node-av/constants'
import type { Packet } from 'node-av/lib'
import { monotonicMs } from '../../../core/clock.ts'
import { PassedStream } from '../../encode/passed-stream.ts'
import type { Frame } from '../../frame/frame.ts'
import type { Capture } from '../../frame/capture.ts'
import { I420Converter } from '../../decode/converter.ts'
import { Decoder } from '../../decode/decoder.ts'
import { Demuxer } from '../../decode/demuxer.ts'

/** A network camera whose H.264 goes to the viewers as it is. It is decoded only while somebody wants its pixels. */
export class PassedCapture implements Capture {
  readonly bitDepth = 8
  readonly nominalFps: number
  readonly features = {}
  readonly settings = {}
  readonly stream: PassedStream
  readonly #demuxer: Demuxer
  readonly #converter: I420Converter
  #decoder: Decoder | undefined
  #wanted = false
  #number = 0

  private constructor(demuxer: Demuxer) {
    this.#demuxer = demuxer
    const { width, height, extradata } = demuxer.stream.codecpar
    this.#converter = new I420Converter(width, height)
    this.nominalFps = Math.round(demuxer.fps * 100) / 100
    this.stream = new PassedStream({ extradata })
  }

  /** Undefined when the source's video is not H.264 as it travels over a network. Throws why it cannot be read. */
  static async open(url: string, signal: AbortSignal): Promise<PassedCapture | undefined> {
    const demuxer = await Demuxer.open(url, true, signal)
    const { codecId, extradata } = demuxer.stream.codecpar
    // MP4's own form of H.264 (ISO 14496-15) begins with its version, 1; what is streamed with a start code.
    if (codecId === av.AV_CODEC_ID_H264 && extradata?.[0] !== 1) return new PassedCapture(demuxer)
    await demuxer[Symbol.asyncDispose]()
    return undefined
  }

  get width(): number {
    return this.#converter.width
  }

  get height(): number {
    return this.#converter.height
  }

  set(): void {}

  wantFrames(wanted: boolean): void {
    this.#wanted = wanted
  }

  async run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      const packet = await this.#demuxer.next(signal)
      if (signal.aborted) return
      if (!packet) throw new Error('the stream ended')
      const madeAt = monotonicMs()
      this.stream.offer(packet, madeAt)
      if (this.#wanted) await this.#decode(packet, madeAt, frame)
      else {
        this.#decoder?.[Symbol.dispose]()
        this.#decoder = undefined
      }
    }
  }

  async #decode(packet: Packet, madeAt: number, frame: (frame: Frame) => void): Promise<void> {
    if (this.#decoder) {
      await this.#decoder.feed(packet)
      await this.#hand(this.#decoder, madeAt, frame)
      return
    }
    // A decoder begins with a key frame, and takes what has come since; only its newest picture is of use.
    this.#decoder = await Decoder.open(this.#demuxer.stream)
    for (const kept of this.stream.kept) {
      await this.#decoder.feed(kept)
      await this.#hand(this.#decoder, madeAt, kept === this.stream.kept.at(-1) ? frame : () => {})
    }
  }

  async #hand(decoder: Decoder, madeAt: number, frame: (frame: Frame) => void): Promise<void> {
    for (;;) {
      const decoded = await decoder.next()
      if (decoded === 'more' || decoded === 'end') return
      const { width, height, bitDepth } = this
      const data = this.#converter.convert(decoded)
      frame({ width, height, bitDepth, format: 'i420', data, number: this.#number++, madeAt })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#decoder?.[Symbol.dispose]()
    this.#converter[Symbol.dispose]()
    await this.#demuxer[Symbol.asyncDispose]()
  }
}
