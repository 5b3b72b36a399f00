import { Dictionary, FormatContext, InputFormat, Packet, type Stream } from 'node-av/lib'
import * as av from 'node-av/constants'
import { check } from '../encode/video-encoder.ts'

/** How long a source may say nothing. */
export const SILENCE_MS = 5000

const MOST_FPS = 240

/** Options of FFmpeg's readers that keep the newest picture new. Timeouts in µs. */
const LIVE_OPTIONS = { fflags: 'nobuffer', flags: 'low_delay', analyzeduration: '500000' }
const RTSP_OPTIONS = { rtsp_transport: 'tcp', timeout: String(SILENCE_MS * 1000) }

/** The coded pictures of one video source, one after another (FFmpeg's libraries). */
export class Demuxer {
  /** The source's video: its codec, its clock. */
  readonly stream: Stream
  /** Pictures a second. */
  readonly fps: number
  readonly #format: FormatContext
  readonly #packet = new Packet()

  private constructor(format: FormatContext, stream: Stream) {
    this.#format = format
    this.stream = stream
    const { num, den } = stream.avgFrameRate
    const rate = num > 0 && den > 0 ? num / den : NaN
    // Some containers know no rate and say that of their clock.
    this.fps = rate <= MOST_FPS ? rate : 25
    this.#packet.alloc()
  }

  /** Opens a path or URL, or a device by FFmpeg's name for its kind. Throws FFmpeg's reason, or that nothing came for SILENCE_MS. */
  static async open(
    url: string,
    live: boolean,
    signal: AbortSignal,
    device?: { format: string; options: Record<string, string> },
  ): Promise<Demuxer> {
    const format = new FormatContext()
    format.allocContext()
    try {
      const stream = await untilSilent(format, signal, async () => {
        const rtsp = /^rtsps?:/i.test(url) ? RTSP_OPTIONS : {}
        const options = Dictionary.fromObject({ ...(live ? LIVE_OPTIONS : {}), ...rtsp, ...device?.options })
        const reader = device ? InputFormat.findInputFormat(device.format) : null
        check(await format.openInput(url, reader, options), 'opening it')
        check(await format.findStreamInfo(null), 'looking for video in it')
        const index = format.findBestStream(av.AVMEDIA_TYPE_VIDEO)
        return format.streams[index]
      })
      if (!stream) throw new Error('there is no video in it')
      return new Demuxer(format, stream)
    } catch (error) {
      await format.closeInput()
      throw error
    }
  }

  /**
   * The next coded picture, good until the one after it is asked for; undefined at the end. Throws FFmpeg's reason, or
   * that nothing came for SILENCE_MS.
   */
  async next(signal: AbortSignal): Promise<Packet | undefined> {
    for (;;) {
      this.#packet.unref()
      const code = await untilSilent(this.#format, signal, () => this.#format.readFrame(this.#packet))
      if (code === av.AVERROR_EOF) return undefined
      check(code, 'reading it')
      if (this.#packet.streamIndex === this.stream.index) return this.#packet
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#packet.free()
    await this.#format.closeInput()
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
