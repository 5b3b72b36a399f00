import { basename, dirname, join } from 'node:path'
import type { ParsedInputOf } from '../../../../shared/commands.ts'
import type { MediaEntry } from '../../../../shared/gallery/gallery.ts'
import type { RecordingState } from '../../../../shared/camera/recording.ts'
import { monotonicMs } from '../../../core/clock.ts'
import type { DriverContext } from '../../../device/device.ts'
import type { MediaPlace } from '../../../device/gallery-keeper.ts'
import type { CameraAbout } from '../../frame/protocol.ts'
import type { RecordProgress, RecordWish } from './protocol.ts'

type Wish = ParsedInputOf<'camera.record.start'>

interface Part {
  place: MediaPlace
  stack: MediaPlace | undefined
  progress: RecordProgress
  isOpen: boolean
}

/** One recording that somebody asked for: its parts, and what the gallery is to know of them. */
export class RecordJob {
  /** When it ends by itself, ms since the epoch. */
  readonly until: number | undefined
  /** The same, by the monotonic clock. */
  readonly endsAt: number | undefined
  readonly #context: DriverContext<'camera'>
  readonly #wish: Wish
  readonly #who: string
  readonly #since = Date.now()
  readonly #parts: Part[] = []
  #entry: MediaEntry | undefined

  constructor(context: DriverContext<'camera'>, wish: Wish, who: string) {
    this.#context = context
    this.#wish = wish
    this.#who = who
    const lastsMs = wish.durationS === undefined ? undefined : wish.durationS * 1000
    this.until = lastsMs && this.#since + lastsMs
    this.endsAt = lastsMs && monotonicMs() + lastsMs
  }

  /** Its newest part, as the gallery has it. */
  get entry(): MediaEntry {
    if (!this.#entry) throw new Error('the recording has no part yet')
    return this.#entry
  }

  get id(): string {
    return this.#part?.place.id ?? ''
  }

  get hasParts(): boolean {
    return this.#parts.length > 0
  }

  /** Whether a part is being written. */
  get isOpen(): boolean {
    return this.#part?.isOpen === true
  }

  /** The newest part's file, as it lies in the gallery. */
  get file(): string {
    const path = this.#part?.place.path ?? ''
    return join(basename(dirname(path)), basename(path))
  }

  get bytes(): number {
    return this.#part?.progress.bytes ?? 0
  }

  /** Makes room for the next part, and answers what the camera's process is to do. */
  async nextPart({ width, height }: CameraAbout): Promise<RecordWish> {
    const { id: device, gallery, state } = this.#context
    const { durationS, measured, note, tags } = this.#wish
    const takenAt = Date.now()
    const place = await gallery.place(device, takenAt, 'mp4')
    const stack = measured && (await gallery.place(device, takenAt, measured))
    const group = this.#parts[0]?.place.id ?? place.id
    const part = this.#parts.length + 1
    const draft = { device, takenAt, width, height, who: this.#who, facts: {}, note, tags, group, part }
    this.#parts.push({ place, stack, progress: NOTHING, isOpen: true })
    this.#entry = gallery.begin(place, { ...draft, kind: 'recording', format: 'mp4' })
    if (stack && measured) gallery.begin(stack, { ...draft, kind: 'stack', format: measured })
    const { title, kind, pixelSizeUm } = state.value
    return {
      id: place.id,
      path: place.path,
      thumbnail: place.thumbnail,
      stack,
      durationMs: durationS === undefined ? undefined : durationS * 1000,
      keepFreeBytes: gallery.keepFreeBytes,
      by: {
        bench: gallery.bench,
        camera: { id: device, title, kind },
        by: this.#who,
        pixelSizeUm,
        note,
        tags,
      },
    }
  }

  /** The newest part has its first picture. */
  opened(takenAt: number, facts: Record<string, unknown>): void {
    const { pixelSizeUm } = this.#context.state.value
    const known = {
      takenAt: Math.round(takenAt),
      facts: { ...facts, ...(pixelSizeUm === undefined ? {} : { pixelSizeUm }) },
    }
    this.#tell(known)
    const stack = this.#part?.stack
    // Measured frames have been through no encoder.
    const { encoder: _, ...measured } = known.facts as Record<string, unknown>
    if (stack) this.#context.gallery.progress(stack.id, { ...known, facts: measured })
  }

  /** How far the newest part is. */
  progress(progress: RecordProgress): void {
    const part = this.#part
    if (!part?.isOpen) return
    part.progress = progress
    const { bytes, durationMs, frames, dropped, stack } = progress
    this.#tell({ bytes, durationMs, frames, dropped })
    if (part.stack && stack) this.#context.gallery.progress(part.stack.id, { ...stack, durationMs })
  }

  /**
   * The newest part has ended; `reason` says why, when nobody wanted it to. A process that was killed has not told of its
   * last second, which is `unheard`: the file's own time has it.
   */
  async close(reason?: string, unheard?: 'unheard'): Promise<MediaEntry> {
    const part = this.#part
    if (!part?.isOpen) return this.entry
    part.isOpen = false
    const { gallery } = this.#context
    const told = unheard ? {} : { durationMs: part.progress.durationMs }
    const [entry] = await Promise.all([
      gallery.finish(part.place.id, told, reason),
      part.stack && gallery.finish(part.stack.id, told, reason),
    ])
    this.#entry = entry
    return entry
  }

  /** The newest part never began: nothing of it is kept. */
  async discard(): Promise<void> {
    const part = this.#parts.pop()
    if (!part) return
    const { gallery } = this.#context
    await Promise.all([gallery.abandon(part.place), part.stack && gallery.abandon(part.stack)])
  }

  /** As the camera's topic shows it. */
  state(phase: RecordingState['phase'], reason?: string): RecordingState {
    const sum = (of: (progress: RecordProgress) => number): number =>
      this.#parts.reduce((total, { progress }) => total + of(progress), 0)
    const measured = {
      frames: sum(({ stack }) => stack?.frames ?? 0),
      dropped: sum(({ stack }) => stack?.dropped ?? 0),
    }
    return {
      phase,
      id: this.id,
      since: this.#since,
      ...(this.until === undefined ? {} : { until: this.until }),
      part: this.#parts.length,
      durationMs: sum(({ durationMs }) => durationMs),
      bytes: sum(({ bytes, stack }) => bytes + (stack?.bytes ?? 0)),
      freeBytes: this.#part?.progress.freeBytes ?? 0,
      frames: sum(({ frames }) => frames),
      dropped: sum(({ dropped }) => dropped),
      ...(this.#wish.measured ? { measured } : {}),
      ...(reason === undefined ? {} : { reason }),
    }
  }

  get #part(): Part | undefined {
    return this.#parts.at(-1)
  }

  #tell(progress: Parameters<DriverContext<'camera'>['gallery']['progress']>[1]): void {
    const part = this.#part
    if (!part) return
    this.#entry = { ...this.entry, ...progress }
    this.#context.gallery.progress(part.place.id, progress)
  }
}

const NOTHING: RecordProgress = { bytes: 0, durationMs: 0, frames: 0, dropped: 0, freeBytes: 0 }
