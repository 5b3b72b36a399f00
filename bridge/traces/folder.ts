import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { traceId, type TraceInfo } from '../../shared/traces/trace.ts'
import type { Logger } from '../core/log.ts'
import { parseInfo } from './info-file.ts'

/** Files that are read at once while the folder is opened: a disk has no use for more. */
const AT_ONCE = 64

/** What lies in the folder under a trace's id: what it is, its samples, and their extremes block by block. */
export type TraceEnding = 'json' | 'npy' | 'pyramid'

/** Where traces lie on disk. Whatever has its own name there is whole. */
export class TraceFolder {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Makes the folder when it is missing, and clears away what was not finished when the bridge last ended. */
  static async open(path: string): Promise<TraceFolder> {
    const folder = new TraceFolder(path)
    await rm(folder.#parts, { recursive: true, force: true })
    await mkdir(folder.#parts, { recursive: true })
    return folder
  }

  /** The path of a trace's file. Throws a RangeError for an id that could lead elsewhere. */
  path(id: string, ending: TraceEnding): string {
    if (!traceId.safeParse(id).success) throw new RangeError(`not a trace id: ${id}`)
    return join(this.#path, `${id}.${ending}`)
  }

  /** A path of its own for a file that is being made, on the same disk as those that are finished. */
  part(): string {
    return join(this.#parts, randomUUID())
  }

  /** Gives a finished part the name of a trace's file; once this resolves it outlasts a power cut. */
  async adopt(part: string, id: string, ending: TraceEnding): Promise<void> {
    await sync(part)
    await rename(part, this.path(id, ending))
    await sync(this.#path)
  }

  /** Writes a trace's file, whole or not at all. */
  async write(id: string, ending: TraceEnding, content: Uint8Array | string): Promise<void> {
    const part = this.part()
    try {
      const file = await open(part, 'wx')
      await file.writeFile(content).finally(() => file.close())
      await this.adopt(part, id, ending)
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
  }

  /** What is known of a trace, its device's state included. */
  async info(id: string): Promise<TraceInfo> {
    return parseInfo(await readFile(this.path(id, 'json'), 'utf8'))
  }

  /** Every trace there is; a file that is none is named in the log and left alone. */
  async infos(log: Logger): Promise<TraceInfo[]> {
    const ids = (await readdir(this.#path))
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
    const found: TraceInfo[] = []
    for (let i = 0; i < ids.length; i += AT_ONCE) {
      const read = ids.slice(i, i + AT_ONCE).map(async (id) => {
        try {
          const info = await this.info(id)
          if (info.id !== id) throw new RangeError(`it says that it is ${info.id}`)
          found.push(info)
        } catch (error) {
          log.warn({ file: `${id}.json`, folder: this.#path, error }, 'not a trace: left alone')
        }
      })
      await Promise.all(read)
    }
    return found
  }

  /** Deletes a trace. First what makes it one, so that it is never there without its samples. */
  async remove(id: string): Promise<void> {
    for (const ending of ['json', 'npy', 'pyramid'] as const) await rm(this.path(id, ending), { force: true })
    await sync(this.#path)
  }

  get #parts(): string {
    return join(this.#path, '.parts')
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  await file.sync().finally(() => file.close())
}
