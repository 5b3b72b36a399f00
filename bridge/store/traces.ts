import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { BenchError } from '../../shared/errors.ts'
import { NPY_HEADER_BYTES, npyHeader } from '../../shared/npy.ts'
import { traceId, traceInfo, type TraceInfo } from '../../shared/trace.ts'
import type { Handlers } from '../core/device.ts'
import type { Logger } from '../core/log.ts'
import type { TraceDraft, TraceKeeper } from '../core/trace-keeper.ts'

/** The traces on disk: `<id>.npy` with the samples beside `<id>.json` with what they are. */
export class TraceStore implements TraceKeeper {
  readonly #folder: string
  readonly #infos: Map<string, TraceInfo>

  private constructor(folder: string, infos: Map<string, TraceInfo>) {
    this.#folder = folder
    this.#infos = infos
  }

  /** Reads what is kept in `folder`, which is made when it is missing; a file that is no trace is named in the log and left alone. */
  static async open(folder: string, log: Logger): Promise<TraceStore> {
    await mkdir(folder, { recursive: true })
    const infos = new Map<string, TraceInfo>()
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue
      try {
        const info = traceInfo.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))
        infos.set(info.id, info)
      } catch (error) {
        log.warn({ file: join(folder, name), error }, 'not a trace: left alone')
      }
    }
    return new TraceStore(folder, infos)
  }

  draft(points: number): TraceDraft {
    const file = new Uint8Array(NPY_HEADER_BYTES + points * 4)
    file.set(npyHeader(points))
    return {
      samples: file.subarray(NPY_HEADER_BYTES),
      keep: async (facts) => {
        const info: TraceInfo = { ...facts, points, id: this.#freshId(facts) }
        // Reserved before the first wait, so that two traces of one millisecond cannot take one name.
        this.#infos.set(info.id, info)
        try {
          await this.#write(`${info.id}.npy`, file)
          await this.#write(`${info.id}.json`, JSON.stringify(info))
        } catch (error) {
          this.#infos.delete(info.id)
          throw error
        }
        return info
      },
    }
  }

  /** Newest first. */
  list(filter: { device?: string | undefined; limit: number }): TraceInfo[] {
    return [...this.#infos.values()]
      .filter((info) => filter.device === undefined || info.device === filter.device)
      .sort((a, b) => b.takenAt - a.takenAt)
      .slice(0, filter.limit)
  }

  /** A trace's NPY file, read from disk as it is sent. Throws `trace.unknown`. */
  async samples(id: string): Promise<{ bytes: number; body: Readable }> {
    if (!traceId.safeParse(id).success || !this.#infos.has(id)) {
      throw new BenchError('trace.unknown', `there is no trace "${id}": trace.list names those that are kept`)
    }
    const path = join(this.#folder, `${id}.npy`)
    return { bytes: (await stat(path)).size, body: createReadStream(path) }
  }

  handlers: Handlers = {
    'trace.list': (input) => Promise.resolve(this.list(input)),
  }

  #freshId(facts: Omit<TraceInfo, 'id' | 'points'>): string {
    const stamp = new Date(facts.takenAt).toISOString().replace(/\D/g, '').slice(0, 17)
    const base = `${facts.device}-ch${facts.channel}-${stamp}`
    let id = base
    for (let n = 2; this.#infos.has(id); n++) id = `${base}-${n}`
    return id
  }

  /** Under another name first: a file by its own name is whole. */
  async #write(name: string, content: Uint8Array | string): Promise<void> {
    const path = join(this.#folder, name)
    await writeFile(`${path}.part`, content)
    await rename(`${path}.part`, path)
  }
}
