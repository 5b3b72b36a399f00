import { BenchError } from '../../shared/wire/errors.ts'
import type { MediaEntry, MediaFormat, Storage } from '../../shared/gallery/gallery.ts'
import { retentionMs } from '../core/clock.ts'
import type { Handlers } from '../device/device.ts'
import type {
  GalleryKeeper,
  MediaDraft,
  MediaPlace,
  MediaProgress,
  Series,
} from '../device/gallery-keeper.ts'
import type { Logger } from '../core/log.ts'
import type { Tables } from '../core/tables.ts'
import { type Filed, MediaCatalog } from './catalog.ts'
import { MediaFolder } from './folder.ts'
import { overdue, type RetentionRules } from './retention.ts'
import { SeriesTable } from './series-table.ts'

const HOUR_MS = 3_600_000
/** What a file that grows has come to is written down so often; in between it is known in memory. */
const SAVE_EVERY_MS = 5000
const CLOSED_LATE = 'the bridge ended'

export interface GalleryOptions {
  tables: Tables
  /** The folder that the files are kept in. */
  path: string
  /** The bench's title, which every file carries. */
  bench: string
  rules: RetentionRules & { keepFreeGB: number }
  log: Logger
  /** Hears of every file that a rule has deleted. */
  deleted: (id: string, device: string, why: string) => void
}

/** The gallery: stills, recordings and stacks, their files in a folder, what they are in a table. */
export class Gallery implements GalleryKeeper, AsyncDisposable {
  readonly bench: string
  readonly keepFreeBytes: number
  readonly #options: GalleryOptions
  readonly #folder: MediaFolder
  readonly #catalog: MediaCatalog
  readonly #series: SeriesTable
  readonly #timers: NodeJS.Timeout[]
  /** Names that are taken though nothing of theirs is in the catalogue yet. */
  readonly #reserved = new Map<string, string>()
  /** What is not as the disk has it yet, and files that grow; `deleted` until the disk has forgotten it, too. */
  readonly #newer = new Map<string, Filed | 'deleted'>()
  /** Files whose growth has not been handed on to the disk. */
  readonly #grown = new Set<string>()

  private constructor(options: GalleryOptions, catalog: MediaCatalog, series: SeriesTable) {
    const { path, bench, rules } = options
    this.#options = options
    this.bench = bench
    this.keepFreeBytes = rules.keepFreeGB * 1e9
    this.#folder = new MediaFolder(path)
    this.#catalog = catalog
    this.#series = series
    this.#timers = [
      setInterval(() => void this.#save(), SAVE_EVERY_MS),
      setInterval(() => void this.applyRules(), HOUR_MS),
    ]
  }

  /** Opens the gallery; what was growing when the bridge last ended is closed, as it is. */
  static async open(options: GalleryOptions): Promise<Gallery> {
    const { tables } = options
    const [catalog, series] = [await MediaCatalog.open(tables), await SeriesTable.open(tables)]
    const gallery = new Gallery(options, catalog, series)
    for (const { entry } of await catalog.growing()) await gallery.finish(entry.id, {}, CLOSED_LATE)
    await gallery.applyRules()
    return gallery
  }

  handlers: Handlers = {
    'media.list': async (filter) => {
      const storage = await this.storage()
      const entries = (await this.#catalog.list(filter)).flatMap((entry) => {
        const newer = this.#newer.get(entry.id)
        return newer === 'deleted' ? [] : [newer?.entry ?? entry]
      })
      return { entries, tags: await this.#catalog.tags(), storage }
    },
    'media.update': async ({ id, name, note, tags }) => {
      const { entry, file } = await this.known(id)
      // An empty text takes a name or a note away.
      const { name: _name, note: _note, ...rest } = entry
      const [newName, newNote] = [name ?? entry.name, note ?? entry.note]
      const changed: MediaEntry = {
        ...rest,
        ...(newName ? { name: newName } : {}),
        ...(newNote ? { note: newNote } : {}),
        tags: tags ?? entry.tags,
      }
      this.#put({ entry: changed, file })
      return changed
    },
    'media.remove': async ({ id }) => {
      await this.remove(id)
      return {}
    },
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, (await this.#folder.freeBytes()) - this.keepFreeBytes)
  }

  async storage(): Promise<Storage> {
    await this.#save()
    const freeBytes = await this.#folder.freeBytes()
    return { freeBytes, keepFreeBytes: this.keepFreeBytes, ...(await this.#catalog.total()) }
  }

  async requireRoom(device: string): Promise<void> {
    if ((await this.freeBytes()) > 0) return
    const message =
      `${device}: the disk of ${this.#folder.path} is full, as far as it is to be filled (${this.keepFreeBytes / 1e9} GB ` +
      'are kept free: recordings.keepFreeGB): free some of it, or delete from the gallery'
    throw new BenchError('storage.full', message, { device })
  }

  async place(device: string, takenAt: number, format: MediaFormat): Promise<MediaPlace> {
    const stamp = new Date(takenAt).toISOString().replace(/\D/g, '').slice(0, 17)
    const base = `${device}-${stamp}`
    for (let n = 1; ; n++) {
      const id = n === 1 ? base : `${base}-${n}`
      if (this.#reserved.has(id)) continue
      const file = this.#folder.fileOf(id, takenAt, format)
      // Before the first wait, so that two files of one millisecond cannot take one name.
      this.#reserved.set(id, file)
      if (await this.#find(id)) {
        this.#reserved.delete(id)
        continue
      }
      await this.#folder.makeRoom(file)
      return { id, ...this.#pathsOf(file) }
    }
  }

  passing(): string {
    return this.#folder.passing()
  }

  add(place: MediaPlace, draft: MediaDraft, progress: MediaProgress): MediaEntry {
    return this.#enter(place, draft, { ...progress, phase: 'whole' })
  }

  begin(place: MediaPlace, draft: MediaDraft): MediaEntry {
    return this.#enter(place, draft, { phase: 'growing', durationMs: 0, frames: 0, dropped: 0 })
  }

  progress(id: string, progress: MediaProgress): void {
    const newer = this.#newer.get(id)
    if (newer === undefined || newer === 'deleted' || newer.entry.phase !== 'growing') return
    this.#newer.set(id, { ...newer, entry: { ...newer.entry, ...progress } })
    this.#grown.add(id)
  }

  async finish(id: string, progress: MediaProgress, ended?: string): Promise<MediaEntry> {
    const { entry, file } = await this.known(id)
    const found = await this.#folder.look(file)
    // Nobody has told how long it is: it was written to for so long.
    const durationMs = progress.durationMs ?? Math.max(0, Math.round((found?.changedAt ?? 0) - entry.takenAt))
    const bytes = found?.bytes ?? 0
    const phase = ended === undefined ? ('whole' as const) : ('cut' as const)
    const done = {
      ...entry,
      ...progress,
      durationMs,
      bytes,
      phase,
      ...(ended === undefined ? {} : { ended }),
    }
    this.#put({ entry: done, file })
    return done
  }

  async abandon({ id }: MediaPlace): Promise<void> {
    const file = this.#reserved.get(id) ?? (await this.#find(id))?.file
    this.#reserved.delete(id)
    this.#forget(id)
    if (file !== undefined) await this.#folder.remove(file)
  }

  series(device: string): Series | undefined {
    return this.#series.of(device)
  }

  saveSeries(series: Series): void {
    this.#series.save(series)
  }

  endSeries(group: string): void {
    this.#series.end(group)
  }

  /** A file that is there. Rejects with `media.unknown`. */
  async known(id: string): Promise<Filed> {
    const found = await this.#find(id)
    if (!found) throw new BenchError('media.unknown', `there is no "${id.slice(0, 80)}" in the gallery`)
    return found
  }

  /** Where the file of an entry lies, and where its pictures do. Rejects with `media.unknown`. */
  async paths(id: string): Promise<Omit<MediaPlace, 'id'>> {
    return this.#pathsOf((await this.known(id)).file)
  }

  /** Deletes a file for good. Throws `media.unknown`, or `device.busy` while it grows. */
  async remove(id: string): Promise<void> {
    const { entry, file } = await this.known(id)
    if (entry.phase === 'growing') {
      throw new BenchError('device.busy', `${id} is still being recorded: stop that first`, {
        device: entry.device,
      })
    }
    // Not once the disk has written that down: one that is full does so when the file is gone.
    this.#forget(id)
    await this.#folder.remove(file)
  }

  /** Deletes what the rules of bench.yaml say; every file of it is heard of. */
  async applyRules(now: number = retentionMs()): Promise<void> {
    const { rules, log, deleted } = this.#options
    if (rules.keepDays === undefined && rules.mostGB === undefined) return
    await this.#save()
    for await (const files of this.#catalog.ages()) {
      const { usedBytes } = await this.#catalog.total()
      for (const { id, why } of overdue(files, rules, now, usedBytes)) {
        try {
          const { device } = (await this.known(id)).entry
          await this.remove(id)
          log.info({ id, why }, 'deleted from the gallery by its rules')
          deleted(id, device, why)
        } catch (error) {
          log.error({ id, error }, 'not deleted from the gallery')
        }
      }
      // What was deleted counts no more in what comes next.
      await this.#save()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#save()
  }

  #pathsOf(file: string): Omit<MediaPlace, 'id'> {
    const folder = this.#folder
    return { path: folder.within(file), thumbnail: folder.thumbnailOf(file), preview: folder.previewOf(file) }
  }

  #enter({ id }: MediaPlace, draft: MediaDraft, rest: MediaProgress & Pick<MediaEntry, 'phase'>): MediaEntry {
    const file = this.#reserved.get(id)
    if (file === undefined) throw new Error(`${id} has no place in the gallery`)
    const said = Object.fromEntries(
      Object.entries(draft).filter(([, value]) => value !== undefined),
    ) as MediaDraft
    const entry: MediaEntry = { id, bytes: 0, ...said, tags: said.tags ?? [], ...rest }
    this.#put({ entry, file })
    this.#reserved.delete(id)
    return entry
  }

  async #find(id: string): Promise<Filed | undefined> {
    const newer = this.#newer.get(id) ?? (await this.#catalog.get(id))
    return newer === 'deleted' ? undefined : newer
  }

  #put(filed: Filed): void {
    this.#newer.set(filed.entry.id, filed)
    this.#grown.delete(filed.entry.id)
    this.#catalog.put(filed)
  }

  #forget(id: string): void {
    this.#newer.set(id, 'deleted')
    this.#grown.delete(id)
    this.#catalog.delete(id)
  }

  /** Hands on what has grown, and forgets what the disk has taken. One that takes nothing is no reason to fail: what is known stays in memory until it does. */
  async #save(): Promise<void> {
    for (const id of this.#grown) {
      const newer = this.#newer.get(id)
      if (newer !== undefined && newer !== 'deleted') this.#catalog.put(newer)
    }
    this.#grown.clear()
    const written = [...this.#newer]
    try {
      await this.#options.tables.flushed()
    } catch (error) {
      this.#options.log.warn({ error }, 'the catalogue of the gallery is not on the disk yet')
      return
    }
    for (const [id, newer] of written) {
      const grows = newer !== 'deleted' && newer.entry.phase === 'growing'
      if (!grows && this.#newer.get(id) === newer) this.#newer.delete(id)
    }
  }
}
