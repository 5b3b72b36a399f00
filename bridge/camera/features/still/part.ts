import { rm } from 'node:fs/promises'
import { epochMsOf } from '../../../core/clock.ts'
import type { Frame } from '../../frame/frame.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import { describe, frameFacts } from './about.ts'
import type { StillProtocol, Taken } from './bridge-part.ts'
import { darkroom, isFull } from './darkroom.ts'

type Wish = Extract<StillProtocol['to'], { type: 'take' }>['wish']

/** Takes stills of the frames as they were captured. */
export class StillPart implements Part<StillProtocol['to']> {
  readonly #context: PartContext<StillProtocol['from']>
  readonly #unfollow = new Map<number, () => void>()
  readonly #forgotten = new Set<number>()

  constructor(context: PartContext<StillProtocol['from']>) {
    this.#context = context
  }

  heard(message: StillProtocol['to']): void {
    if (message.type === 'take') this.#wait(message.wish)
    else this.#forget(message.request)
  }

  #wait(wish: Wish): void {
    const unfollow = this.#context.frames.follow((frame) => {
      if (!this.#unfollow.has(wish.request) || !this.#isSettled(frame, wish.changedAt)) return
      this.#unfollow.delete(wish.request)
      unfollow()
      void this.#take(frame, wish)
    })
    this.#unfollow.set(wish.request, unfollow)
  }

  /** Whether the frame's exposure began after the settings were changed: one that began before has them half or not at all. */
  #isSettled(frame: Frame, changedAt: number | undefined): boolean {
    if (changedAt === undefined) return true
    const told = this.#context.settings().exposureMs ?? 0
    const stamped = frame.exposureMs
    // A camera that does not stamp its frames may apply a setting one frame late.
    const late = stamped === undefined ? Math.max(told, 1000 / this.#context.nominalFps) : 0
    return frame.madeAt - (stamped ?? told) >= changedAt + late
  }

  async #take(frame: Frame, { request, format, into, thumbnail, preview, by }: Wish): Promise<void> {
    const { width, height } = frame
    const madeAt = epochMsOf(frame.madeAt)
    try {
      const facts = frameFacts(frame, this.#context.settings())
      const text = {
        description: describe(by, madeAt, frame, facts),
        madeAt,
        artist: by.by,
        pixelSizeUm: by.pixelSizeUm,
      }
      const bytes = await darkroom.develop(frame, { into, format, text, thumbnail, preview })
      const taken: Taken = { bytes, madeAt, width, height, facts }
      if (!this.#forgotten.delete(request)) return void this.#context.send({ request, taken })
      await Promise.all([into, thumbnail, preview].map(async (path) => path && rm(path, { force: true })))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      void this.#context.send({ request, message, full: isFull(error) })
    }
  }

  #forget(request: number): void {
    const waits = this.#unfollow.get(request)
    this.#unfollow.delete(request)
    if (waits) waits()
    else this.#forgotten.add(request)
  }
}
