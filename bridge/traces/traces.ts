import { type FileHandle, open, rm } from 'node:fs/promises'
import { BenchError } from '../../shared/wire/errors.ts'
import { NPY_HEADER_BYTES, npyHeader } from '../../shared/traces/npy.ts'
import {
  MOST_UPLOAD_BYTES,
  type PeakSearch,
  type TraceInfo,
  type TraceUpload,
  type TraceWindow,
} from '../../shared/traces/trace.ts'
import type { Handlers } from '../device/device.ts'
import type { Logger } from '../core/log.ts'
import type { TraceDraft, TraceFacts, TraceKeeper } from '../device/trace-keeper.ts'
import { TraceCatalog, type TraceFilter } from './catalog.ts'
import { TraceFolder } from './folder.ts'
import type { Exported, JobOutput } from './jobs.ts'
import { Lane } from './lane.ts'
import { Pyramids } from './pyramids.ts'
import { type Columns, readWindow } from './window.ts'

/** The device of a trace that came from a file. */
const OUTSIDE = 'import'

/** The trace library: `<id>.npy` with the samples beside `<id>.json` with what they are. */
export class TraceStore implements TraceKeeper {
  readonly #folder: TraceFolder
  readonly #catalog: TraceCatalog
  /** What somebody waits for on a plot never waits for a file that is made or read. */
  readonly #quick = new Lane()
  readonly #bulk = new Lane()
  readonly #pyramids: Pyramids
  readonly #reserved = new Set<string>()
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(folder: TraceFolder, infos: readonly TraceInfo[], log: Logger) {
    this.#folder = folder
    this.#catalog = new TraceCatalog(infos.map(listed))
    this.#pyramids = new Pyramids(folder, this.#quick, log)
  }

  /** Reads what is kept in the folder, which is made when it is missing; what is no trace is named in the log and left alone. */
  static async open(path: string, log: Logger): Promise<TraceStore> {
    const folder = await TraceFolder.open(path)
    return new TraceStore(folder, await folder.infos(log), log)
  }

  handlers: Handlers = {
    'trace.list': (filter) => Promise.resolve(this.list(filter)),
    'trace.tags': () => Promise.resolve(this.#catalog.tags()),
    'trace.info': ({ id }) => this.info(id),
    'trace.update': ({ id, ...changes }) => this.update(id, changes),
    'trace.remove': async ({ id }) => {
      await this.remove(id)
      return {}
    },
    'trace.peaks': ({ id, ...search }, { signal }) => this.peaks(id, search, signal),
  }

  draft(points: number): TraceDraft {
    const file = new Uint8Array(NPY_HEADER_BYTES + points * 4)
    file.set(npyHeader(points))
    return {
      samples: file.subarray(NPY_HEADER_BYTES),
      keep: (facts) => this.#add({ ...facts, points }, (id) => this.#folder.write(id, 'npy', file)),
    }
  }

  /** The newest that fit, newest first. */
  list(filter: TraceFilter): TraceInfo[] {
    return this.#catalog.list(filter)
  }

  /** All that is known of a trace. Throws `trace.unknown`. */
  async info(id: string): Promise<TraceInfo> {
    this.known(id)
    return this.#folder.info(id)
  }

  /** What the list says of a trace. Throws `trace.unknown`. */
  known(id: string): TraceInfo {
    const info = this.#catalog.get(id)
    if (info) return info
    throw new BenchError(
      'trace.unknown',
      `there is no trace "${id.slice(0, 80)}": trace.list names those that are kept`,
    )
  }

  /** Where a trace's samples lie on disk. Throws `trace.unknown`. */
  samplesFile(id: string): string {
    return this.#folder.path(this.known(id).id, 'npy')
  }

  /** Puts people's words beside a trace; empty ones take them away. Throws `trace.unknown`. */
  update(id: string, changes: Pick<Partial<TraceInfo>, 'name' | 'tags' | 'notes'>): Promise<TraceInfo> {
    return this.#inTurn(async () => {
      const info = { ...(await this.info(id)) }
      if (changes.name !== undefined) info.name = changes.name || undefined
      if (changes.notes !== undefined) info.notes = changes.notes || undefined
      if (changes.tags) info.tags = changes.tags.length > 0 ? [...new Set(changes.tags)] : undefined
      await this.#folder.write(id, 'json', JSON.stringify(info))
      this.#catalog.put(listed(info))
      return info
    })
  }

  /** Deletes a trace for good. Throws `trace.unknown`. */
  remove(id: string): Promise<void> {
    return this.#inTurn(async () => {
      this.known(id)
      this.#catalog.delete(id)
      // One that is being made would be left behind.
      await this.#pyramids.settled(id)
      await this.#folder.remove(id)
    })
  }

  /** The peaks and dips of a trace, found in a thread. Throws `trace.unknown`, and what Lane.run does. */
  peaks(id: string, search: PeakSearch, signal?: AbortSignal): Promise<JobOutput<'peaks'>> {
    const info = this.known(id)
    return this.#quick.run('peaks', { samples: this.samplesFile(id), info, search }, signal)
  }

  /** What a plot shows of a trace. Throws `trace.unknown`. */
  window(id: string, window: TraceWindow): Promise<Columns> {
    const info = this.known(id)
    const pyramid = (): Promise<string> => this.#pyramids.of(info)
    return readWindow(info, { samples: this.samplesFile(id), pyramid }, window)
  }

  /** A trace as a file of another format, made in a thread; it is gone once the handle is closed. Throws `trace.unknown`. */
  async exported(id: string, format: Exported, signal?: AbortSignal): Promise<FileHandle> {
    const info = await this.info(id)
    const into = this.#folder.part()
    try {
      await this.#bulk.run('export', { samples: this.samplesFile(id), info, format, into }, signal)
      return await open(into, 'r')
    } finally {
      await rm(into, { force: true })
    }
  }

  /** Takes a file from outside, written to disk as it comes. Throws `input.invalid` when it is no trace, or too large. */
  async import(
    body: AsyncIterable<Uint8Array>,
    upload: TraceUpload,
    signal?: AbortSignal,
  ): Promise<TraceInfo> {
    const file = this.#folder.part()
    const into = this.#folder.part()
    try {
      await receive(body, file)
      const { changed, ...found } = await this.#bulk.run('import', { file, upload, into }, signal)
      const { name, tags } = upload
      const facts = { device: OUTSIDE, channel: 0, type: 0, label: 'value', takenAt: Date.now(), ...found }
      const said = {
        ...(name && { name }),
        ...(tags?.length && { tags }),
        ...(changed && { notes: changed }),
      }
      return await this.#add({ ...facts, ...said }, (id) => this.#folder.adopt(into, id, 'npy'))
    } finally {
      await Promise.all([rm(file, { force: true }), rm(into, { force: true })])
    }
  }

  async #add(
    facts: TraceFacts & { points: number },
    samples: (id: string) => Promise<void>,
  ): Promise<TraceInfo> {
    // Reserved before the first wait, so that two traces of one millisecond cannot take one name.
    const id = this.#freshId(facts)
    this.#reserved.add(id)
    try {
      const info: TraceInfo = { id, ...facts }
      await samples(id)
      await this.#folder.write(id, 'json', JSON.stringify(info))
      this.#catalog.put(listed(info))
      this.#pyramids.prepare(info)
      return info
    } finally {
      this.#reserved.delete(id)
    }
  }

  #freshId({ device, channel, takenAt }: TraceFacts): string {
    const stamp = new Date(takenAt).toISOString().replace(/\D/g, '').slice(0, 17)
    const base = device === OUTSIDE ? `${device}-${stamp}` : `${device}-ch${channel}-${stamp}`
    let id = base
    for (let n = 2; this.#catalog.get(id) || this.#reserved.has(id); n++) id = `${base}-${n}`
    return id
  }

  /** Changes of what is beside a trace are made one after the other: of two at once the later would undo the earlier. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work)
    this.#writing = turn.catch(() => {})
    return turn
  }
}

/** What a list needs; a device's whole state beside ten thousand traces would not fit its memory. */
function listed({ state: _, ...info }: TraceInfo): TraceInfo {
  return info
}

async function receive(body: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    let bytes = 0
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > MOST_UPLOAD_BYTES) {
        throw new BenchError('input.invalid', `a trace's file is ${MOST_UPLOAD_BYTES / 2 ** 20} MiB at most`)
      }
      await handle.writeFile(chunk)
    }
  } finally {
    await handle.close()
  }
}
