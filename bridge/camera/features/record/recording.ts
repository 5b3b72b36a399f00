import { copyFile } from 'node:fs/promises'
import { epochMsOf } from '../../../core/clock.ts'
import { pause } from '../../../core/deadline.ts'
import { H264Stream } from '../../encode/h264-stream.ts'
import type { VideoStream } from '../../frame/encode.ts'
import type { Frame } from '../../frame/frame.ts'
import type { PartContext } from '../../frame/part.ts'
import { describe, frameFacts } from '../still/about.ts'
import { darkroom } from '../still/darkroom.ts'
import { GrowingFile } from './growing-file.ts'
import type { RecordProgress, RecordProtocol, RecordWish } from './protocol.ts'
import { StackRecorder } from './stack-recorder.ts'
import { VideoRecorder } from './video-recorder.ts'

type Context = PartContext<RecordProtocol['from']>

/** How soon a key frame is wanted that nothing else has made. */
const KEY_MS = 100
const FIRST_FRAME_MS = 2000
const ONLY_VIDEO = 'this camera delivers video, and no measured frames: record without them'

interface Events {
  /** Nothing more can be written; a DiskFullError, or why. */
  broke: (error: unknown) => void
  /** The video is not what it was: it goes on in another file. */
  changed: () => void
}

/** A recording that runs: its files, and what feeds them. */
export class Recording {
  readonly #file: GrowingFile
  readonly #video: VideoRecorder
  readonly #stackFile: GrowingFile | undefined
  readonly #stack: StackRecorder | undefined
  readonly #unfollow: (() => void)[]
  /** When the frames were made that are younger than the newest one on disk. */
  #younger: number[] = []
  /** Frames that the camera took up to the newest one on disk. */
  #captured = 0

  private constructor(
    wish: RecordWish,
    stream: VideoStream,
    context: Context,
    events: Events,
    [file, stackFile]: [GrowingFile, GrowingFile | undefined],
  ) {
    const { id, by, durationMs } = wish
    const { width, height, nominalFps, frames } = context
    this.#file = file
    this.#stackFile = stackFile
    this.#video = new VideoRecorder(file, {
      width,
      height,
      periodMs: 1000 / nominalFps,
      comment: (at) => describe(by, at, { width, height }, context.settings()),
      // Where pictures are rare, the next one is soon enough: the last would be in the file twice.
      wantKey: () => stream.wantKey(Math.max(KEY_MS, 2000 / nominalFps)),
      opened: (startedAt) => {
        const { timeCode: _, ...facts } = context.settings()
        void context.send({ type: 'opened', id, startedAt, facts: { ...facts, encoder: stream.about.name } })
      },
      changed: events.changed,
    })
    const framesExpected = durationMs === undefined ? undefined : (durationMs / 1000) * nominalFps
    this.#stack =
      stackFile &&
      new StackRecorder(stackFile, {
        expectedBytes: framesExpected && framesExpected * width * height * 2,
        describe: (frame, isFirst) => {
          const facts = frameFacts(frame, context.settings())
          const takenAtMs = epochMsOf(frame.madeAt)
          return isFirst ? describe(by, takenAtMs, frame, facts) : JSON.stringify({ takenAtMs, ...facts })
        },
        artist: by.by,
        pixelSizeUm: by.pixelSizeUm,
      })
    // A camera that encodes by itself would have to be decoded only to be counted.
    const isCodedHere = stream instanceof H264Stream
    this.#unfollow = [
      stream.units.follow((unit) => this.#video.offer(unit)),
      ...(isCodedHere || this.#stack
        ? [frames.follow((frame) => this.#see(frame, isCodedHere, events))]
        : []),
    ]
    stream.wantKey(KEY_MS)
    const unfollow = frames.follow((frame) => {
      unfollow()
      makePictures(frame, wish).catch((error: unknown) => {
        context.report('warn', `no small picture of ${id}: ${String(error)}`)
      })
    })
    this.#unfollow.push(unfollow)
  }

  /** Makes the files and begins. Throws why it cannot. */
  static async open(
    wish: RecordWish,
    stream: VideoStream,
    context: Context,
    events: Events,
  ): Promise<Recording> {
    if (wish.stack) await requireMeasured(context)
    const { path, stack, keepFreeBytes } = wish
    const file = await GrowingFile.open(path, keepFreeBytes, events.broke)
    const stackFile = stack && (await GrowingFile.open(stack.path, keepFreeBytes, events.broke))
    return new Recording(wish, stream, context, events, [file, stackFile])
  }

  /** How far it is, by what is on disk. */
  progress(): RecordProgress {
    const { frames, durationMs, dropped, newestAt, startedAt } = this.#video
    const isYounger = (madeAt: number): boolean => madeAt > newestAt
    this.#captured += this.#younger.filter((madeAt) => madeAt >= startedAt && !isYounger(madeAt)).length
    this.#younger = this.#younger.filter(isYounger)
    return {
      bytes: this.#file.bytes,
      durationMs: Math.round(durationMs),
      frames,
      dropped: Math.max(dropped, this.#captured - frames),
      freeBytes: this.#file.freeBytes,
      ...(this.#stack && this.#stackFile
        ? {
            stack: { bytes: this.#stackFile.bytes, frames: this.#stack.frames, dropped: this.#stack.dropped },
          }
        : {}),
    }
  }

  /** Ends it; resolves when all of it is on disk. */
  async end(): Promise<void> {
    for (const unfollow of this.#unfollow) unfollow()
    this.#video.finish()
    await Promise.all([this.#file.end(), this.#stackFile?.end()])
  }

  #see(frame: Frame, counts: boolean, events: Events): void {
    if (counts) this.#younger.push(frame.madeAt)
    if (!this.#stack) return
    if (frame.format === 'i420') events.broke(new Error(ONLY_VIDEO))
    else this.#stack.offer(frame)
  }
}

/** Throws when the camera's next frame is video. One that does not come soon is seen when it does. */
async function requireMeasured({ frames, signal }: Context): Promise<void> {
  const first = Promise.withResolvers<Frame | undefined>()
  const unfollow = frames.follow((frame) => first.resolve(frame))
  void pause(FIRST_FRAME_MS, signal).then(() => first.resolve(undefined))
  const frame = await first.promise
  unfollow()
  if (frame?.format === 'i420') throw new Error(ONLY_VIDEO)
}

/** What the gallery shows of a recording, and of its measured frames: the first frame that came. */
async function makePictures(frame: Frame, { thumbnail, stack, by }: RecordWish): Promise<void> {
  const text = { description: '', madeAt: epochMsOf(frame.madeAt), artist: by.by }
  await darkroom.develop(frame, { format: 'jpeg', text, thumbnail, preview: stack?.preview })
  if (stack) await copyFile(thumbnail, stack.thumbnail)
}
