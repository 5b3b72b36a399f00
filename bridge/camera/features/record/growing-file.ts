import { type FileHandle, open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DiskFullError, isFull } from '../still/darkroom.ts'

/** A disk that takes nothing for so long has held up the camera enough: what comes is not kept. */
const MOST_WAITING = 64 * 2 ** 20
const LOOK_EVERY_MS = 500
const SYNC_EVERY_MS = 2000

/**
 * A file that only grows, by pieces each of which is there whole or not at all. What was appended survives the end of
 * the process, and after two seconds a power cut.
 */
export class GrowingFile {
  readonly #handle: FileHandle
  readonly #folder: string
  readonly #keepFreeBytes: number
  readonly #broke: (error: Error) => void
  #queue: Promise<void> = Promise.resolve()
  #waiting = 0
  #whole = 0
  #lookedAt = -Infinity
  #syncedAt = performance.now()
  #failed = false
  /** Free on the disk when it was last looked at, beyond what is never filled. */
  freeBytes = 0

  private constructor(
    handle: FileHandle,
    folder: string,
    keepFreeBytes: number,
    broke: (error: Error) => void,
  ) {
    this.#handle = handle
    this.#folder = folder
    this.#keepFreeBytes = keepFreeBytes
    this.#broke = broke
  }

  /** Makes the file. `broke` hears, once, why nothing more can be written: a DiskFullError, or another. */
  static async open(
    path: string,
    keepFreeBytes: number,
    broke: (error: Error) => void,
  ): Promise<GrowingFile> {
    return new GrowingFile(await open(path, 'wx'), dirname(path), keepFreeBytes, broke)
  }

  /** What of it is on disk. */
  get bytes(): number {
    return this.#whole
  }

  /**
   * Appends these, which are not to change any more; `written` hears when they are on disk. False when so much waits
   * already that they are not taken.
   */
  append(chunks: Uint8Array[], written: () => void = () => {}): boolean {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (this.#failed || this.#waiting + bytes > MOST_WAITING) return false
    this.#waiting += bytes
    void this.#next(async () => {
      await this.#requireRoom(bytes)
      await this.#write(chunks)
      this.#whole += bytes
      written()
      await this.#sync()
    }).finally(() => (this.#waiting -= bytes))
    return true
  }

  /** Writes over what is there, once all that was appended before is on disk. */
  patch(at: number, bytes: Uint8Array): void {
    void this.#next(async () => {
      await this.#handle.write(bytes, 0, bytes.length, at)
    })
  }

  /** Closes it when all that was appended is on disk. Never throws: `broke` has heard. */
  async end(): Promise<void> {
    await this.#queue
    await this.#handle.datasync().catch(() => {})
    await this.#handle.close().catch(() => {})
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#failed) return
      try {
        await work()
      } catch (error) {
        this.#failed = true
        // Half a piece is none: it would be in the way of whoever reads the file.
        await this.#handle.truncate(this.#whole).catch(() => {})
        this.#broke(isFull(error) ? new DiskFullError((error as Error).message) : (error as Error))
      }
    })
    return this.#queue
  }

  async #write(chunks: Uint8Array[]): Promise<void> {
    let at = this.#whole
    let rest = chunks
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, at)
      at += bytesWritten
      rest = without(rest, bytesWritten)
    }
  }

  async #requireRoom(bytes: number): Promise<void> {
    if (performance.now() - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = performance.now()
      const { bavail, bsize } = await statfs(this.#folder)
      this.freeBytes = Math.max(0, bavail * bsize - this.#keepFreeBytes)
      if (this.#keepFreeBytes > 0 && this.freeBytes < bytes) {
        throw new DiskFullError(`only the ${bavail * bsize} bytes are left that are always kept free`)
      }
    }
  }

  async #sync(): Promise<void> {
    if (performance.now() - this.#syncedAt < SYNC_EVERY_MS) return
    await this.#handle.datasync()
    this.#syncedAt = performance.now()
  }
}

/** What is left when the first `bytes` are gone. */
function without(chunks: Uint8Array[], bytes: number): Uint8Array[] {
  let gone = bytes
  const left: Uint8Array[] = []
  for (const chunk of chunks) {
    if (gone >= chunk.length) gone -= chunk.length
    else {
      left.push(chunk.subarray(gone))
      gone = 0
    }
  }
  return left
}
