import type { DatabaseSync } from 'node:sqlite'
import { BenchError } from '../../../shared/errors.ts'
import type { MediaEntry, MediaFormat, Storage } from '../../../shared/gallery.ts'
import type { Handlers } from '../../core/device.ts'
import type {
  GalleryKeeper,
  MediaDraft,
  MediaPlace,
  MediaProgress,
  Series,
} from '../../core/gallery-keeper.ts'
import type { Logger } from '../../core/log.ts'
import { type Filed, MediaCatalog } from './catalog.ts'
import { MediaFolder } from './folder.ts'
import { overdue, type RetentionRules } from './retention.ts'
import { SeriesTable } from './series-table.ts'

const HOUR_MS = 3_600_000
/** What a file that grows has come to is written down so often; in between it is known in memory. */
const SAVE_EVERY_MS = 5000
const CLOSED_LATE = 'the bridge ended'

export interface GalleryOptions {
  db: DatabaseSync
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
export class Gallery implements GalleryKeeper, Disposable {
  readonly bench: string
  readonly keepFreeBytes: number
  readonly #options: GalleryOptions
  readonly #folder: MediaFolder
  readonly #catalog: MediaCatalog
  readonly #series: SeriesTable
  readonly #timers: NodeJS.Timeout[]
  /** Names that are taken though nothing of theirs is in the catalogue yet. */
  readonly #reserved = new Map<string, string>()
  /** Files that grow, as far as is known; what of it is not written down yet is `unsaved`. */
  readonly #growing = new Map<string, Filed & { unsaved: boolean }>()

  constructor(options: GalleryOptions) {
    const { db, path, bench, rules } = options
    this.#options = options
    this.bench = bench
    this.keepFreeBytes = rules.keepFreeGB * 1e9
    this.#folder = new MediaFolder(path)
    this.#catalog = new MediaCatalog(db)
    this.#series = new SeriesTable(db)
    this.#timers = [
      setInterval(() => this.#save(), SAVE_EVERY_MS),
      setInterval(() => void this.applyRules(), HOUR_MS),
    ]
  }

  /** Opens the gallery; what was growing when the bridge last ended is closed, as it is. */
  static async open(options: GalleryOptions): Promise<Gallery> {
    const gallery = new Gallery(options)
    for (const { entry } of gallery.#catalog.growing()) await gallery.finish(entry.id, {}, CLOSED_LATE)
    await gallery.applyRules()
    return gallery
  }

  handlers: Handlers = {
    'media.list': async (filter) => ({
      entries: this.#catalog.list(filter).map((entry) => this.#growing.get(entry.id)?.entry ?? entry),
      tags: this.#catalog.tags(),
      storage: await this.storage(),
    }),
    'media.update': async ({ id, name, note, tags }) => {
      const { entry, file } = this.known(id)
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
    const freeBytes = await this.#folder.freeBytes()
    return { freeBytes, keepFreeBytes: this.keepFreeBytes, ...this.#catalog.total() }
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
    let id = base
    for (let n = 2; this.#reserved.has(id) || this.#catalog.get(id); n++) id = `${base}-${n}`
    const file = this.#folder.fileOf(id, takenAt, format)
    // Before the first wait, so that two files of one millisecond cannot take one name.
    this.#reserved.set(id, file)
    await this.#folder.makeRoom(file)
    return { id, ...this.#pathsOf(file) }
  }

  passing(): string {
    return this.#folder.passing()
  }

  add(place: MediaPlace, draft: MediaDraft, progress: MediaProgress): MediaEntry {
    return this.#enter(place, draft, { ...progress, phase: 'whole' })
  }

  begin(place: MediaPlace, draft: MediaDraft): MediaEntry {
    const entry = this.#enter(place, draft, { phase: 'growing', durationMs: 0, frames: 0, dropped: 0 })
    this.#growing.set(place.id, { ...this.known(place.id), unsaved: false })
    return entry
  }

  progress(id: string, progress: MediaProgress): void {
    const growing = this.#growing.get(id)
    if (growing)
      this.#growing.set(id, { ...growing, entry: { ...growing.entry, ...progress }, unsaved: true })
  }

  async finish(id: string, progress: MediaProgress, ended?: string): Promise<MediaEntry> {
    const { entry, file } = this.known(id)
    this.#growing.delete(id)
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
    const file = this.#reserved.get(id) ?? this.#catalog.get(id)?.file
    this.#reserved.delete(id)
    this.#growing.delete(id)
    this.#catalog.delete(id)
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

  /** A file that is there. Throws `media.unknown`. */
  known(id: string): Filed {
    const found = this.#growing.get(id) ?? this.#catalog.get(id)
    if (!found) throw new BenchError('media.unknown', `there is no "${id.slice(0, 80)}" in the gallery`)
    return { entry: found.entry, file: found.file }
  }

  /** Where the file of an entry lies, and where its pictures do. Throws `media.unknown`. */
  paths(id: string): Omit<MediaPlace, 'id'> {
    return this.#pathsOf(this.known(id).file)
  }

  /** Deletes a file for good. Throws `media.unknown`, or `device.busy` while it grows. */
  async remove(id: string): Promise<void> {
    const { entry, file } = this.known(id)
    if (entry.phase === 'growing') {
      throw new BenchError('device.busy', `${id} is still being recorded: stop that first`, {
        device: entry.device,
      })
    }
    this.#catalog.delete(id)
    this.#growing.delete(id)
    await this.#folder.remove(file)
  }

  /** Deletes what the rules of bench.yaml say; every file of it is heard of. */
  async applyRules(now: number = Date.now()): Promise<void> {
    const { rules, log, deleted } = this.#options
    if (rules.keepDays === undefined && rules.mostGB === undefined) return
    for (const files of this.#catalog.ages()) {
      for (const { id, why } of overdue(files, rules, now, this.#catalog.total().usedBytes)) {
        try {
          const { device } = this.known(id).entry
          await this.remove(id)
          log.info({ id, why }, 'deleted from the gallery by its rules')
          deleted(id, device, why)
        } catch (error) {
          log.error({ id, error }, 'not deleted from the gallery')
        }
      }
      // Whoever waits comes first.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#save()
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
    this.#catalog.put({ entry, file })
    this.#reserved.delete(id)
    return entry
  }

  /** A disk that is full takes no line either: what is known stays in memory until it does. */
  #put(filed: Filed): void {
    try {
      this.#catalog.put(filed)
    } catch (error) {
      this.#options.log.error({ error }, `${filed.entry.id} cannot be written into the catalogue yet`)
      this.#growing.set(filed.entry.id, { ...filed, unsaved: true })
      return
    }
    const growing = this.#growing.get(filed.entry.id)
    if (!growing) return
    if (filed.entry.phase === 'growing') this.#growing.set(filed.entry.id, { ...filed, unsaved: false })
    else this.#growing.delete(filed.entry.id)
  }

  #save(): void {
    for (const { entry, file, unsaved } of this.#growing.values()) if (unsaved) this.#put({ entry, file })
  }
}
