import { type FileHandle, open, rm } from 'node:fs/promises'
import type { MediaEntry } from '../../../../shared/gallery/gallery.ts'
import type { StillFormat } from '../../../../shared/camera/still.ts'
import { BenchError } from '../../../../shared/wire/errors.ts'
import { monotonicMs } from '../../../core/clock.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { DriverContext, Handlers } from '../../../device/device.ts'
import { absent } from '../../device/absence.ts'
import { Lapse } from '../lapse/lapse.ts'
import type { BridgePart } from '../../frame/part.ts'
import type { CameraAbout } from '../../frame/protocol.ts'
import type { TakenBy } from './about.ts'

/** Beyond two exposures and two frames: encoding, and a machine that is busy. */
const TAKE_MS = 8000
/** Stills that are asked for at once. */
const MOST_WAITING = 8

interface Wish {
  request: number
  format: StillFormat
  into: string
  thumbnail?: string | undefined
  /** A JPEG of full size besides. */
  preview?: string | undefined
  /** When the settings were last changed, ms of the monotonic clock. */
  changedAt?: number | undefined
  by: TakenBy
}

/** A still that is on disk. */
export interface Taken {
  bytes: number
  /** ms since the epoch. */
  madeAt: number
  width: number
  height: number
  facts: Record<string, unknown>
}

export interface StillProtocol {
  to: { type: 'take'; wish: Wish } | { type: 'forget'; request: number }
  from: { request: number } & ({ taken: Taken } | { message: string; full: boolean })
}

/** What a still is asked for with. */
export interface StillWish {
  format: StillFormat
  by: string
  note?: string | undefined
  tags?: string[] | undefined
  group?: string | undefined
  part?: number | undefined
}

/** Stills, single ones and those of a time lapse: asked for here, made in the camera's process. */
export class StillBridgePart implements BridgePart<StillProtocol['to'], StillProtocol['from']> {
  readonly commands: Handlers
  readonly #context: DriverContext<'camera'>
  readonly #lapse: Lapse
  readonly #waiting = new Map<number, PromiseWithResolvers<Taken>>()
  readonly #unsubscribe: () => void
  #send: ((message: StillProtocol['to']) => void) | undefined
  #about: CameraAbout | undefined
  #changedAt: number | undefined
  #request = 0

  constructor(context: DriverContext<'camera'>) {
    this.#context = context
    this.#lapse = new Lapse(context, (wish) => this.keep(wish))
    this.commands = {
      'camera.still': ({ device: _, ...wish }, { name }) => this.keep({ ...wish, by: name }),
      ...this.#lapse.commands,
    }
    this.#unsubscribe = context.state.subscribe(({ patch }) => {
      if ('settings' in patch) this.#changedAt = monotonicMs()
    })
  }

  began(send: (message: StillProtocol['to']) => void, about: CameraAbout): void {
    this.#send = send
    this.#about = about
    this.#lapse.resume()
  }

  heard({ request, ...outcome }: StillProtocol['from']): void {
    const waiting = this.#waiting.get(request)
    if ('taken' in outcome) waiting?.resolve(outcome.taken)
    else if (outcome.full)
      waiting?.reject(this.#error('storage.full', `the disk is full: ${outcome.message}`))
    else waiting?.reject(this.#error('camera.failed', outcome.message))
  }

  gone(): void {
    this.#send = undefined
    for (const { reject } of this.#waiting.values()) {
      reject(this.#error('camera.failed', "the camera's process ended before the still was taken: try again"))
    }
  }

  /** Takes a still into the gallery. Throws `device.busy`, `storage.full`, `camera.failed` or `device.timeout`. */
  async keep({ format, by, ...words }: StillWish): Promise<MediaEntry> {
    const { id, gallery } = this.#context
    await gallery.requireRoom(id)
    const place = await gallery.place(id, Date.now(), format)
    const { path: into, thumbnail } = place
    const preview = format === 'jpeg' ? undefined : place.preview
    const wish = { format, into, thumbnail, preview, by: this.#takenBy(by, words) }
    try {
      const { bytes, madeAt, width, height, ...taken } = await this.#take(wish)
      const { pixelSizeUm } = wish.by
      const facts = { ...taken.facts, ...(pixelSizeUm === undefined ? {} : { pixelSizeUm }) }
      const draft = {
        kind: 'still' as const,
        format,
        device: id,
        takenAt: Math.round(madeAt),
        width,
        height,
        who: by,
        facts,
      }
      return gallery.add(place, { ...draft, ...words }, { bytes })
    } catch (error) {
      await gallery.abandon(place)
      throw error
    }
  }

  /** Takes a still that is not kept: an open file that is gone once it is closed. Throws as `keep` does. */
  async pass(format: StillFormat, by: string): Promise<FileHandle> {
    const into = this.#context.gallery.passing()
    try {
      await this.#take({ format, into, by: this.#takenBy(by, {}) })
      return await open(into, 'r')
    } finally {
      await rm(into, { force: true })
    }
  }

  async #take(wish: Omit<Wish, 'request' | 'changedAt'>): Promise<Taken> {
    const { id, signal, state } = this.#context
    const send = this.#send
    if (!send) throw absent(state.value, 'take the still')
    if (this.#waiting.size >= MOST_WAITING) {
      throw this.#error('device.busy', 'too many stills are being taken: wait for one of them')
    }
    const request = ++this.#request
    const answer = Promise.withResolvers<Taken>()
    this.#waiting.set(request, answer)
    const exposureMs = state.value.settings?.exposureMs ?? 0
    const frameMs = 1000 / (this.#about?.nominalFps || 1)
    try {
      send({ type: 'take', wish: { ...wish, request, changedAt: this.#changedAt } })
      const most = TAKE_MS + 2 * (exposureMs + frameMs)
      return await withDeadline(answer.promise, most, `taking a still with ${id}`, { device: id, signal })
    } catch (error) {
      // By now nobody wants it any more, and its file must not come after all.
      send({ type: 'forget', request })
      throw error
    } finally {
      this.#waiting.delete(request)
    }
  }

  #takenBy(by: string, { note, tags }: Pick<StillWish, 'note' | 'tags'>): TakenBy {
    const { id, gallery, state } = this.#context
    const { title, kind, pixelSizeUm } = state.value
    return { bench: gallery.bench, camera: { id, title, kind }, by, pixelSizeUm, note, tags }
  }

  #error(code: 'storage.full' | 'camera.failed' | 'device.busy', message: string): BenchError {
    const { id } = this.#context
    return new BenchError(code, `${id}: ${message}`, { device: id })
  }

  [Symbol.dispose](): void {
    this.#unsubscribe()
    this.#lapse[Symbol.dispose]()
  }
}
