import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { mkdir, rm, rmdir, stat, statfs } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { type MediaFormat, mediaId } from '../../shared/gallery/gallery.ts'

const ENDINGS: Record<MediaFormat, string> = { tiff: 'tif', png: 'png', jpeg: 'jpg', mp4: 'mp4' }

/** Where the gallery's files lie on disk: a folder a day, `<yyyy-mm-dd>/<id>.<ending>`, in UTC. */
export class MediaFolder {
  readonly path: string

  /** Makes the folder when it is missing, and clears away what was only passing when the bridge last ended. */
  constructor(path: string) {
    this.path = resolve(path)
    rmSync(join(this.path, '.passing'), { recursive: true, force: true })
    mkdirSync(join(this.path, '.passing'), { recursive: true })
  }

  /** The file's place, relative to the folder. Throws a RangeError for an id that could lead elsewhere. */
  fileOf(id: string, takenAt: number, format: MediaFormat): string {
    if (!mediaId.safeParse(id).success) throw new RangeError(`not an id of the gallery: ${id}`)
    return join(new Date(takenAt).toISOString().slice(0, 10), `${id}.${ENDINGS[format]}`)
  }

  /** The absolute path of a place. Throws a RangeError for one that leads out of the folder. */
  within(file: string): string {
    const path = resolve(this.path, file)
    const from = relative(this.path, path)
    if (from === '' || from === '..' || from.startsWith(`..${sep}`))
      throw new RangeError(`not in the gallery: ${file}`)
    return path
  }

  /** The small picture that belongs to a file. */
  thumbnailOf(file: string): string {
    return this.within(`${file}.thumb.jpg`)
  }

  /** The picture to look at, of a file that no browser shows. */
  previewOf(file: string): string {
    return this.within(`${file}.view.jpg`)
  }

  /** Makes the day's folder of a place. */
  async makeRoom(file: string): Promise<void> {
    await mkdir(dirname(this.within(file)), { recursive: true })
  }

  /** A path of its own for a file that is not kept. */
  passing(): string {
    return join(this.path, '.passing', randomUUID())
  }

  /** Size in bytes and time of the last change, ms since the epoch; undefined when there is no such file. */
  async look(file: string): Promise<{ bytes: number; changedAt: number } | undefined> {
    const found = await stat(this.within(file)).catch(() => undefined)
    return found && { bytes: found.size, changedAt: found.mtimeMs }
  }

  /** Deletes a file, its pictures, and the day's folder when nothing else is in it. */
  async remove(file: string): Promise<void> {
    const paths = [this.within(file), this.thumbnailOf(file), this.previewOf(file)]
    await Promise.all(paths.map((path) => rm(path, { force: true })))
    await rmdir(dirname(this.within(file))).catch(() => {})
  }

  /** Bytes that anybody may still write. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.path)
    return bavail * bsize
  }
}
