import { rm, stat } from 'node:fs/promises'
import type { TraceInfo } from '../../shared/traces/trace.ts'
import type { Logger } from '../core/log.ts'
import type { TraceFolder } from './folder.ts'
import type { Lane } from './lane.ts'
import { pyramidBytes } from './pyramid.ts'

/** The pyramids beside the samples: each is made once, and made again when its file is missing or cut short. */
export class Pyramids {
  readonly #folder: TraceFolder
  readonly #lane: Lane
  readonly #log: Logger
  readonly #making = new Map<string, Promise<string>>()

  constructor(folder: TraceFolder, lane: Lane, log: Logger) {
    this.#folder = folder
    this.#lane = lane
    this.#log = log
  }

  /** The path of a trace's pyramid, once it is there. */
  of(info: TraceInfo): Promise<string> {
    const underWay = this.#making.get(info.id)
    if (underWay) return underWay
    const making = this.#make(info).finally(() => this.#making.delete(info.id))
    this.#making.set(info.id, making)
    return making
  }

  /** Makes it for whoever will ask; a failure then is for whoever asks again. */
  prepare(info: TraceInfo): void {
    this.of(info).catch((error: unknown) => this.#log.warn({ trace: info.id, error }, 'no pyramid yet'))
  }

  /** Waits until nothing is being made for a trace. Never throws. */
  async settled(id: string): Promise<void> {
    await this.#making.get(id)?.catch(() => {})
  }

  async #make({ id, points }: TraceInfo): Promise<string> {
    const path = this.#folder.path(id, 'pyramid')
    const there = await stat(path).catch(() => undefined)
    if (there?.size === pyramidBytes(points)) return path
    const into = this.#folder.part()
    try {
      await this.#lane.run('pyramid', { samples: this.#folder.path(id, 'npy'), points, into })
      await this.#folder.adopt(into, id, 'pyramid')
    } finally {
      await rm(into, { force: true })
    }
    return path
  }
}
