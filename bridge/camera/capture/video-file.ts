import { Codec, CodecContext, Dictionary, FormatContext, Frame, Packet, type Stream } from 'node-av/lib'
import * as av from 'node-av/constants'
import { check } from '../encode/video-encoder.ts'

/** How long a source may say nothing. */
export const SILENCE_MS = 5000

const MOST_FPS = 240

/** Options of FFmpeg's readers that keep the newest picture new. Timeouts in µs. */
const LIVE_OPTIONS = { fflags: 'nobuffer', flags: 'low_delay', analyzeduration: '500000' }
const RTSP_OPTIONS = { rtsp_transport: 'tcp', timeout: String(SILENCE_MS * 1000) }

/** A decoded picture, valid until the next is asked for, and when it is to be shown, in ms from the source's zero. */
export interface DecodedPicture {
  frame: Frame
  timeMs: number
}

/** The pictures of one video source, one after another (FFmpeg's libraries). */
export class VideoFile {
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly #format: FormatContext
  readonly #stream: Stream
  readonly #decoder: CodecContext
  readonly #packet = new Packet()
  readonly #frame = new Frame()

  private constructor(format: FormatContext, stream: Stream, decoder: CodecContext) {
    this.#format = format
    this.#stream = stream
    this.#decoder = decoder
    this.width = decoder.width
    this.height = decoder.height
    const { num, den } = stream.avgFrameRate
    const rate = num > 0 && den > 0 ? num / den : NaN
    // Some containers know no rate and say that of their clock.
    this.fps = rate <= MOST_FPS ? rate : 25
    this.#packet.alloc()
    this.#frame.alloc()
  }

  /** Opens a path or URL. Throws FFmpeg's reason, or that nothing came for SILENCE_MS. */
  static async open(url: string, live: boolean, signal: AbortSignal): Promise<VideoFile> {
    const format = new FormatContext()
    format.allocContext()
    try {
      const stream = await untilSilent(format, signal, async () => {
        const rtsp = /^rtsps?:/i.test(url) ? RTSP_OPTIONS : {}
        check(
          await format.openInput(
            url,
            null,
            Dictionary.fromObject({ ...(live ? LIVE_OPTIONS : {}), ...rtsp }),
          ),
          'opening it',
        )
        check(await format.findStreamInfo(null), 'looking for video in it')
        const index = format.findBestStream(av.AVMEDIA_TYPE_VIDEO)
        return format.streams[index]
      })
      if (!stream) throw new Error('there is no video in it')
      return new VideoFile(format, stream, await openDecoder(stream))
    } catch (error) {
      await format.closeInput()
      throw error
    }
  }

  /** The next picture; undefined at the end. Throws FFmpeg's reason, or that nothing came for SILENCE_MS. */
  async next(signal: AbortSignal): Promise<DecodedPicture | undefined> {
    for (;;) {
      this.#frame.unref()
      const code = await this.#decoder.receiveFrame(this.#frame)
      if (code >= 0) return { frame: this.#frame, timeMs: this.#timeOf(this.#frame.bestEffortTimestamp) }
      if (code === av.AVERROR_EOF) return undefined
      if (code !== av.AVERROR_EAGAIN) check(code, 'decoding it')
      await this.#feed(signal)
    }
  }

  async #feed(signal: AbortSignal): Promise<void> {
    const code = await untilSilent(this.#format, signal, () => this.#format.readFrame(this.#packet))
    if (code === av.AVERROR_EOF) {
      await this.#decoder.sendPacket(null)
      return
    }
    check(code, 'reading it')
    // A damaged packet spoils a picture or two, not the camera.
    if (this.#packet.streamIndex === this.#stream.index) await this.#decoder.sendPacket(this.#packet)
    this.#packet.unref()
  }

  #timeOf(timestamp: bigint): number {
    const { num, den } = this.#stream.timeBase
    return timestamp === av.AV_NOPTS_VALUE ? NaN : (Number(timestamp) * num * 1000) / den
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#packet.free()
    this.#frame.free()
    this.#decoder.freeContext()
    await this.#format.closeInput()
  }
}

async function openDecoder(stream: Stream): Promise<CodecContext> {
  const codec = Codec.findDecoder(stream.codecpar.codecId)
  if (!codec) throw new Error('its video is in a format that this FFmpeg cannot decode')
  const decoder = new CodecContext()
  decoder.allocContext3(codec)
  try {
    check(decoder.parametersToContext(stream.codecpar), 'preparing the decoder')
    // Threads that each take a whole frame hold back as many frames as there are threads.
    decoder.threadType = av.FF_THREAD_SLICE
    decoder.threadCount = 2
    check(await decoder.open2(codec, null), 'opening the decoder')
    return decoder
  } catch (error) {
    decoder.freeContext()
    throw error
  }
}

/** Does blocking work of FFmpeg's, which is interrupted when the signal aborts or the work takes SILENCE_MS. */
async function untilSilent<T>(
  format: FormatContext,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  let silent = false
  const interrupt = (): void => format.interrupt()
  const limit = setTimeout(() => {
    silent = true
    interrupt()
  }, SILENCE_MS)
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    const result = await work()
    if (silent) throw new Error('interrupted')
    return result
  } catch (error) {
    signal.throwIfAborted()
    throw silent ? new Error(`nothing came from it for ${SILENCE_MS / 1000} s`) : error
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', interrupt)
  }
}
