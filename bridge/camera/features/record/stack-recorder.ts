import { epochMsOf } from '../../../core/clock.ts'
import type { Frame } from '../../frame/frame.ts'
import { rasterOf } from '../still/raster.ts'
import { firstPointerAt, page, pointer, tiffHeader } from '../still/tiff.ts'
import type { GrowingFile } from './growing-file.ts'

/** What the offsets of an ordinary TIFF reach, less a page's worth. */
const MOST_ORDINARY = 4e9

interface Options {
  /** As far as can be foreseen; undefined when nobody knows. */
  expectedBytes: number | undefined
  /** What a page says of itself; the first has all, the others only what is their own. */
  describe: (frame: Frame, isFirst: boolean) => string
  artist: string
  pixelSizeUm: number | undefined
}

/**
 * Writes frames as they were measured into one TIFF, a page each. A page is linked to the one before it when it is on
 * disk, so that a file that was not finished ends with a whole page.
 */
export class StackRecorder {
  readonly #file: GrowingFile
  readonly #options: Options
  readonly #isBig: boolean
  /** Where the next page will lie, and where its place is to be written down. */
  #end: number
  #linkAt: number
  #begun = false
  /** Pages on disk. */
  frames = 0
  /** Frames that the disk was too slow for, or the file too small. */
  dropped = 0

  constructor(file: GrowingFile, options: Options) {
    this.#file = file
    this.#options = options
    // Not every program reads BigTIFF: it is for what may not fit an ordinary one.
    this.#isBig = options.expectedBytes === undefined || options.expectedBytes > MOST_ORDINARY / 2
    const header = tiffHeader(0, this.#isBig)
    this.#end = header.length
    this.#linkAt = firstPointerAt(this.#isBig)
    file.append([header])
  }

  /** Takes a frame; its data is copied. */
  offer(frame: Frame): void {
    if (!this.#isBig && this.#end > MOST_ORDINARY) {
      this.dropped += 1
      return
    }
    const copy = { ...frame, data: frame.data.slice() }
    const text = {
      description: this.#options.describe(frame, !this.#begun),
      madeAt: epochMsOf(frame.madeAt),
      artist: this.#options.artist,
      pixelSizeUm: this.#options.pixelSizeUm,
    }
    const { chunks, directoryAt, nextAt, bytes } = page(rasterOf(copy), text, this.#end, this.#isBig)
    // Pages begin at even places.
    const pad = bytes % 2
    const linkAt = this.#linkAt
    const taken = this.#file.append(pad ? [...chunks, Buffer.alloc(1)] : chunks, () => (this.frames += 1))
    if (!taken) {
      this.dropped += 1
      return
    }
    this.#file.patch(linkAt, pointer(directoryAt, this.#isBig))
    this.#begun = true
    this.#linkAt = nextAt
    this.#end += bytes + pad
  }
}
