import { rm, writeFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { StillFormat } from '../../../../shared/camera/still.ts'
import { JpegEncoder } from '../../encode/jpeg.ts'
import type { Frame, Picture } from '../../frame/frame.ts'
import type { DarkroomAnswer, DarkroomJob } from './darkroom-jobs.ts'
import { withExif } from './exif.ts'
import type { PageText } from './tiff.ts'

/** More frames at once would be more memory than a small machine has to give. */
const MOST_AT_ONCE = 8

/** What is to be made of a frame; paths of what is not wanted are left out. */
interface Development {
  into?: string | undefined
  format: StillFormat
  text: PageText
  thumbnail?: string | undefined
  preview?: string | undefined
}

/** An error of a disk that is full. */
export class DiskFullError extends Error {}

/** Makes files of frames: the work is done in a thread of its own, JPEGs by FFmpeg's threads. */
export class Darkroom {
  #worker: Worker | undefined
  #seq = 0
  readonly #waiting = new Map<number, PromiseWithResolvers<DarkroomAnswer & { bytes: number }>>()
  #jpegs: Promise<unknown> = Promise.resolve()

  /**
   * Writes the frame as a file, and JPEGs of it besides if wanted, small and of full size; answers its size in bytes. The frame's data is
   * its own again as soon as this has been called. Throws DiskFullError, or why it could not be written; nothing is left
   * behind then.
   */
  async develop(frame: Frame, { into, format, text, thumbnail, preview }: Development): Promise<number> {
    const isJpeg = format === 'jpeg' && into !== undefined
    const file = into !== undefined && format !== 'jpeg' ? { into, format, text } : undefined
    const { bytes, whole, small } = await this.#do({
      frame,
      file,
      whole: isJpeg || preview !== undefined,
      small: thumbnail !== undefined,
    })
    try {
      const size = isJpeg && whole ? await this.#writeJpeg(into, whole, text) : bytes
      if (preview !== undefined && whole) await this.#writeJpeg(preview, whole)
      if (thumbnail !== undefined && small) await this.#writeJpeg(thumbnail, small)
      return size
    } catch (error) {
      await Promise.all([into, thumbnail, preview].map(async (path) => path && rm(path, { force: true })))
      throw isFull(error) ? new DiskFullError((error as Error).message, { cause: error }) : error
    }
  }

  async #do(
    wish: Omit<DarkroomJob, 'seq'>,
  ): Promise<{ bytes: number; whole?: Picture | undefined; small?: Picture | undefined }> {
    if (this.#waiting.size >= MOST_AT_ONCE)
      throw new Error('too many pictures are being made at once: try again')
    const seq = ++this.#seq
    const answer = Promise.withResolvers<DarkroomAnswer & { bytes: number }>()
    this.#waiting.set(seq, answer)
    const frame = { ...wish.frame, data: wish.frame.data.slice() }
    this.#start().postMessage({ ...wish, frame, seq } satisfies DarkroomJob, [frame.data.buffer])
    return answer.promise
  }

  #start(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./darkroom-worker.ts', import.meta.url))
    worker.unref()
    worker.on('message', (answer: DarkroomAnswer) => {
      const waiting = this.#waiting.get(answer.seq)
      this.#waiting.delete(answer.seq)
      if ('bytes' in answer) waiting?.resolve(answer)
      else waiting?.reject(answer.full ? new DiskFullError(answer.message) : new Error(answer.message))
    })
    worker.once('error', (error) => {
      this.#worker = undefined
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
    this.#worker = worker
    return worker
  }

  /** One after the other: an encoder is made for a size, and stills are too rare to keep one. */
  #writeJpeg(path: string, picture: Picture, text?: PageText): Promise<number> {
    const turn = this.#jpegs.then(async () => {
      await using encoder = await JpegEncoder.open(picture.width, picture.height)
      const jpeg = await encoder.encode(picture)
      const chunks = text ? withExif(jpeg, text) : [jpeg]
      await writeFile(path, chunks)
      return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    })
    this.#jpegs = turn.catch(() => {})
    return turn
  }
}

/** Whether the error says that a disk, or somebody's share of it, is full. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return error instanceof DiskFullError || code === 'ENOSPC' || code === 'EDQUOT'
}

/** That of this process, which is one camera's. */
export const darkroom = new Darkroom()
