import type { Frame } from 'node-av/lib'
import * as av from 'node-av/constants'
import { Decoder } from '../../decode/decoder.ts'
import { Demuxer } from '../../decode/demuxer.ts'

/** A decoded picture, valid until the next is asked for, and when it is to be shown, in ms from the source's zero. */
export interface DecodedPicture {
  frame: Frame
  timeMs: number
}

/** The pictures of one video source, one after another. */
export class VideoFile {
  readonly #demuxer: Demuxer
  readonly #decoder: Decoder

  private constructor(demuxer: Demuxer, decoder: Decoder) {
    this.#demuxer = demuxer
    this.#decoder = decoder
  }

  /** Opens a path or URL. Throws FFmpeg's reason, or that nothing came for SILENCE_MS. */
  static async open(url: string, live: boolean, signal: AbortSignal): Promise<VideoFile> {
    const demuxer = await Demuxer.open(url, live, signal)
    try {
      return new VideoFile(demuxer, await Decoder.open(demuxer.stream))
    } catch (error) {
      await demuxer[Symbol.asyncDispose]()
      throw error
    }
  }

  get width(): number {
    return this.#decoder.width
  }

  get height(): number {
    return this.#decoder.height
  }

  get fps(): number {
    return this.#demuxer.fps
  }

  /** The next picture; undefined at the end. Throws FFmpeg's reason, or that nothing came for SILENCE_MS. */
  async next(signal: AbortSignal): Promise<DecodedPicture | undefined> {
    for (;;) {
      const frame = await this.#decoder.next()
      if (frame === 'end') return undefined
      if (frame !== 'more') return { frame, timeMs: this.#timeOf(frame.bestEffortTimestamp) }
      await this.#decoder.feed(await this.#demuxer.next(signal))
    }
  }

  #timeOf(timestamp: bigint): number {
    const { num, den } = this.#demuxer.stream.timeBase
    return timestamp === av.AV_NOPTS_VALUE ? NaN : (Number(timestamp) * num * 1000) / den
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#decoder[Symbol.dispose]()
    await this.#demuxer[Symbol.asyncDispose]()
  }
}
