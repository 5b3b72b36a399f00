import { Codec, CodecContext, Frame, type Packet, type Stream } from 'node-av/lib'
import * as av from 'node-av/constants'
import { check } from '../encode/video-encoder.ts'

type DecoderId = Parameters<typeof Codec.findDecoder>[0]

/** Decodes the video of one source (FFmpeg's libraries). */
export class Decoder {
  readonly #context: CodecContext
  readonly #frame = new Frame()

  private constructor(context: CodecContext) {
    this.#context = context
    this.#frame.alloc()
  }

  /** Throws when FFmpeg does not know the stream's format. */
  static open({ codecpar }: Stream): Promise<Decoder> {
    return Decoder.#open(codecpar.codecId, (context) => {
      check(context.parametersToContext(codecpar), 'preparing the decoder')
    })
  }

  /** A decoder of a stream that says all there is to know itself, in its key frames. Throws FFmpeg's reason. */
  static openPlain(codec: DecoderId): Promise<Decoder> {
    return Decoder.#open(codec, () => {})
  }

  static async #open(id: DecoderId, prepare: (context: CodecContext) => void): Promise<Decoder> {
    const codec = Codec.findDecoder(id)
    if (!codec) throw new Error('its video is in a format that this FFmpeg cannot decode')
    const context = new CodecContext()
    context.allocContext3(codec)
    try {
      prepare(context)
      // Threads that each take a whole frame hold back as many frames as there are threads.
      context.threadType = av.FF_THREAD_SLICE
      context.threadCount = 2
      check(await context.open2(codec, null), 'opening the decoder')
      return new Decoder(context)
    } catch (error) {
      context.freeContext()
      throw error
    }
  }

  get width(): number {
    return this.#context.width
  }

  get height(): number {
    return this.#context.height
  }

  /** Takes a coded picture; undefined says that there are no more. What is damaged spoils a picture or two, and throws nothing. */
  async feed(packet: Packet | undefined): Promise<void> {
    await this.#context.sendPacket(packet ?? null)
  }

  /** The next picture, good until the one after it is asked for; `more` when it has to be fed first. Throws FFmpeg's reason. */
  async next(): Promise<Frame | 'more' | 'end'> {
    this.#frame.unref()
    const code = await this.#context.receiveFrame(this.#frame)
    if (code >= 0) return this.#frame
    if (code === av.AVERROR_EOF) return 'end'
    if (code !== av.AVERROR_EAGAIN) check(code, 'decoding it')
    return 'more'
  }

  [Symbol.dispose](): void {
    this.#frame.free()
    this.#context.freeContext()
  }
}
