import { H264Stream } from '../../encode/h264-stream.ts'
import type { Picture } from '../../frame/frame.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import { isFull } from '../still/darkroom.ts'
import type { RecordEnd, RecordProgress, RecordProtocol, RecordWish } from './protocol.ts'
import { Recording } from './recording.ts'

const TELL_EVERY_MS = 1000
/** Bits a pixel of a stream of its own, where what is sent cannot be recorded; and the least of them, kbps. */
const BITS_A_PIXEL = 0.1
const LEAST_KBPS = 1500

/** Records the coded video, and the measured frames beside it. */
export class RecordPart implements Part<RecordProtocol['to']> {
  readonly #context: PartContext<RecordProtocol['from']>
  #own: Promise<H264Stream> | undefined
  #encoding = false
  #running: { id: string; end: (end: RecordEnd) => Promise<void> } | undefined

  constructor(context: PartContext<RecordProtocol['from']>) {
    this.#context = context
    context.closing(async () => this.#running?.end({ why: 'closed' }))
  }

  heard(message: RecordProtocol['to']): void {
    if (message.type === 'stop') {
      if (this.#running?.id === message.id) void this.#running.end({ why: 'asked' })
    } else if (!this.#running) void this.#start(message.wish)
  }

  async #start(wish: RecordWish): Promise<void> {
    const { id } = wish
    const begun = Promise.withResolvers<Recording | undefined>()
    let ending: Promise<void> | undefined
    const end = (why: RecordEnd): Promise<void> => (ending ??= finish(why))
    const finish = async (why: RecordEnd): Promise<void> => {
      const recording = await begun.promise
      clearInterval(telling)
      await recording?.end()
      this.#running = undefined
      await this.#context.send({ type: 'ended', id, progress: recording?.progress() ?? NOTHING, end: why })
    }
    this.#running = { id, end }
    const telling = setInterval(() => {
      void begun.promise.then((recording) => {
        if (recording && !ending)
          void this.#context.send({ type: 'progress', id, progress: recording.progress() })
      })
    }, TELL_EVERY_MS)
    const broke = (error: unknown): void => {
      const message = error instanceof Error ? error.message : String(error)
      void end({ why: isFull(error) ? 'full' : 'failed', message })
    }
    try {
      const stream = this.#context.stream ?? (await this.#ownStream())
      const changed = (): void => void end({ why: 'changed' })
      begun.resolve(await Recording.open(wish, stream, this.#context, { broke, changed }))
    } catch (error) {
      begun.resolve(undefined)
      broke(error)
    }
  }

  /** What libwebrtc encodes it keeps to itself: a recording needs an encoder of its own then. */
  #ownStream(): Promise<H264Stream> {
    const { width, height, nominalFps: fps, pictures, report } = this.#context
    let unfollow: (() => void) | undefined
    const bitrateKbps = Math.max(LEAST_KBPS, Math.round((width * height * fps * BITS_A_PIXEL) / 1000))
    const opening = H264Stream.open({ width, height, fps, bitrateKbps }, report, (wanted) => {
      unfollow?.()
      unfollow = wanted ? pictures.follow((picture) => void this.#encode(picture)) : undefined
    })
    return (this.#own ??= opening)
  }

  async #encode(picture: Picture): Promise<void> {
    // The picture's data is another's as soon as this returns, and the encoder may still be at the one before.
    if (this.#encoding) return
    this.#encoding = true
    try {
      await (await this.#own)?.send({ ...picture, i420: picture.i420.slice() })
    } catch (error) {
      this.#context.fail(error)
    } finally {
      this.#encoding = false
    }
  }
}

const NOTHING: RecordProgress = { bytes: 0, durationMs: 0, frames: 0, dropped: 0, freeBytes: 0 }
