import { epochMsOf } from '../../../core/clock.ts'
import type { AccessUnit } from '../../frame/encode.ts'
import { NAL, nalType } from '../../encode/nal.ts'
import type { GrowingFile } from './growing-file.ts'
import {
  beginning,
  fragment,
  type Index,
  indexOf,
  type Sample,
  TICKS_PER_S,
  type Track,
  wrap,
} from './movie.ts'

/** As much as can be lost, with the picture that is on its way. */
const FRAGMENT_MS = 500
/** A player can go to any place that is no further than this from where it is asked to. */
const KEY_EVERY_MS = 2000
/** Some 18 h at 30 a second: beyond that the index is left out, and the file stays as it is. */
const MOST_INDEXED = 2_000_000

interface Options {
  width: number
  height: number
  /** How long a picture stands when nothing says so. */
  periodMs: number
  /** `startedAt` in ms since the epoch. */
  comment: (startedAt: number) => string
  /** Asks for a key frame. */
  wantKey: () => void
  /** The first picture is on disk, which was made at `startedAt`, ms since the epoch. */
  opened: (startedAt: number) => void
  /** The video is not what it was any more: it goes on in another file. */
  changed: () => void
}

type Held = Omit<Sample, 'duration'>

/**
 * Writes coded video as fragmented MP4 (ISO/IEC 14496-12): each half second is whole by itself, so that a file that was
 * not finished plays to its last fragment. One that is finished gets an index, and is an ordinary MP4 from then on.
 */
export class VideoRecorder {
  readonly #file: GrowingFile
  readonly #options: Options
  /** Undefined once it would be too long. */
  #index: Index | undefined = { sizes: [], durations: [], keys: [], chunks: [] }
  #track: Track | undefined
  /** When its first picture was made, ms of the monotonic clock; Infinity before there is one. */
  #startedAt = Infinity
  #keptAt = 0
  /** Where in the file the next fragment will lie. */
  #end = 0
  #held: Held[] = []
  #sequence = 0
  /** What the next picture's time is not to be before, and up to where the index has times; in ticks. */
  #lastAt = 0
  #indexedTo = 0
  #newestHeldAt = -Infinity
  #lastKeyAt = -Infinity
  #needsKey = true
  #isOver = false
  #flushDue: NodeJS.Timeout | undefined
  /** Pictures on disk, and how long they last. */
  frames = 0
  durationMs = 0
  /** When the newest picture on disk was made, ms of the monotonic clock. */
  newestAt = -Infinity
  /** Pictures that the disk was too slow for. */
  dropped = 0

  constructor(file: GrowingFile, options: Options) {
    this.#file = file
    this.#options = options
  }

  /** When its first picture was made, ms of the monotonic clock; Infinity before there is one. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** Takes the next coded picture; its data is copied. */
  offer({ units, isKey, madeAt }: AccessUnit): void {
    if (this.#isOver) return
    if (this.#needsKey && !isKey) {
      if (this.#track) this.dropped += 1
      return
    }
    if (isKey && !this.#hasSets(units, madeAt)) return
    this.#needsKey = false
    const sample = { data: lengthPrefixed(units), isKey, at: this.#ticksAt(madeAt) }
    if (this.#held[0] && sample.at - this.#held[0].at >= (FRAGMENT_MS * TICKS_PER_S) / 1000)
      this.#flush(sample.at)
    this.#held.push(sample)
    this.#newestHeldAt = madeAt
    if (this.#held.length === 1) {
      // Where pictures are rare, one does not wait for the next to be written.
      clearTimeout(this.#flushDue)
      this.#flushDue = setTimeout(() => this.#flush(), FRAGMENT_MS * 1.5)
    }
    if (isKey) this.#lastKeyAt = madeAt
    else if (madeAt - this.#lastKeyAt >= KEY_EVERY_MS - this.#options.periodMs) {
      this.#lastKeyAt = madeAt
      this.#options.wantKey()
    }
  }

  /** Writes what is held, and the index. The file is to be ended by whoever opened it. */
  finish(): void {
    this.#isOver = true
    this.#flush()
    const track = this.#track
    if (!track || !this.#index) return
    const end = this.#end
    const kept = this.#keptAt
    // First the index, then what makes it count: without that the file is as good as before.
    if (this.#file.append([indexOf(track, this.#index)])) this.#file.patch(kept, wrap(kept, end))
  }

  /** Whether pictures from this key frame on belong into the file; the first that do begin it. */
  #hasSets(units: readonly Uint8Array[], madeAt: number): boolean {
    const sps = units.find((unit) => nalType(unit) === NAL.sps)
    const pps = units.find((unit) => nalType(unit) === NAL.pps)
    if (!this.#track) {
      if (sps && pps) this.#begin({ sps: sps.slice(), pps: pps.slice() }, madeAt)
      return this.#track !== undefined
    }
    if (!sps || Buffer.compare(sps, this.#track.sps) === 0) return true
    this.#isOver = true
    this.#options.changed()
    return false
  }

  #begin(found: Pick<Track, 'sps' | 'pps'>, madeAt: number): void {
    const { width, height, comment } = this.#options
    const startedAt = epochMsOf(madeAt)
    this.#startedAt = madeAt
    this.#track = { ...found, width, height, startedAt, comment: comment(startedAt) }
    const { bytes, keptAt } = beginning(this.#track)
    this.#keptAt = keptAt
    this.#end = bytes.length
    this.#file.append([bytes], () => this.#options.opened(startedAt))
  }

  #ticksAt(madeAt: number): number {
    const at = this.#track ? Math.round(((madeAt - this.#startedAt) * TICKS_PER_S) / 1000) : 0
    const last = this.#held.at(-1)
    return Math.max(at, last ? last.at + 1 : this.#lastAt)
  }

  /** Writes what is held as a fragment; `next` is when the picture behind it comes, where that is known. */
  #flush(next?: number): void {
    clearTimeout(this.#flushDue)
    const held = this.#held
    const last = held.at(-1)
    if (!last) return
    this.#held = []
    const until = next ?? last.at + Math.round((this.#options.periodMs * TICKS_PER_S) / 1000)
    this.#lastAt = last.at + 1
    const samples = held.map((sample, i) => ({ ...sample, duration: (held[i + 1]?.at ?? until) - sample.at }))
    const { chunks, dataAt } = fragment(++this.#sequence, samples)
    const newestAt = this.#newestHeldAt
    const written = (): void => {
      this.frames += samples.length
      this.durationMs = (until * 1000) / TICKS_PER_S
      this.newestAt = newestAt
    }
    if (this.#file.append(chunks, written)) this.#note(samples, this.#end + dataAt)
    else {
      this.dropped += samples.length
      // What follows refers to pictures that are not there.
      this.#needsKey = true
      this.#options.wantKey()
    }
  }

  #note(samples: readonly Sample[], at: number): void {
    this.#end = at + samples.reduce((sum, { data }) => sum + data.length, 0)
    if (!this.#index) return
    const { sizes, durations, keys, chunks } = this.#index
    // A gap before this fragment belongs to the picture that was shown meanwhile.
    if (durations.length > 0) durations[durations.length - 1]! += (samples[0]?.at ?? 0) - this.#indexedTo
    for (const { data, duration, isKey } of samples) {
      sizes.push(data.length)
      durations.push(duration)
      if (isKey) keys.push(sizes.length)
    }
    const last = samples.at(-1)
    if (last) this.#indexedTo = last.at + last.duration
    chunks.push({ at, count: samples.length })
    if (sizes.length > MOST_INDEXED) this.#index = undefined
  }
}

/** NAL units as MP4 has them; parameter sets stand in the file's head. */
function lengthPrefixed(units: readonly Uint8Array[]): Buffer {
  const kept = units.filter((unit) => nalType(unit) !== NAL.sps && nalType(unit) !== NAL.pps)
  const bytes = Buffer.alloc(kept.reduce((sum, unit) => sum + unit.length + 4, 0))
  let at = 0
  for (const unit of kept) {
    bytes.writeUInt32BE(unit.length, at)
    bytes.set(unit, at + 4)
    at += unit.length + 4
  }
  return bytes
}
