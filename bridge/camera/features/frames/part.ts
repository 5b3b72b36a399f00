import { epochMsOf } from '../../../core/clock.ts'
import { encodeFrameHeader, type FrameDrops } from '../../../../shared/camera/frame-header.ts'
import type { Frame } from '../../frame/frame.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import type { FramesProtocol, PackedAs } from './bridge-part.ts'
import { compress } from './compress.ts'
import { FrameOutlet } from './outlet.ts'
import { type PackedFrame, packFrame } from './pack.ts'
import { Throttle } from './throttle.ts'

/** Frames of one set that are being compressed or have not left. */
const MOST_UNDER_WAY = 2

/** One way to pack frames, for all viewers who want them so. */
interface FrameSet {
  readonly id: number
  as: PackedAs
  wanted: boolean
  readonly throttle: Throttle
  readonly drops: FrameDrops
  underWay: number
  /** The newest frame while nobody could take it, and what kept it back: nothing may come after it. */
  owed: { frame: Frame; by: 'credit' | 'packing' } | undefined
  /** Resolves when the last frame has left: a later one that is compressed sooner waits for it. */
  last: Promise<void>
}

/** Packs frames to measure on: once for all viewers who want them alike, and while one of them can take one. */
export class FramesPart implements Part<FramesProtocol['to']> {
  readonly #context: PartContext<FramesProtocol['from']>
  readonly #outlet = new FrameOutlet(() => {
    for (const set of this.#sets.values()) this.#settle(set)
  })
  readonly #sets = new Map<number, FrameSet>()
  #unfollow: (() => void) | undefined

  constructor(context: PartContext<FramesProtocol['from']>) {
    this.#context = context
  }

  heard(message: FramesProtocol['to']): void {
    if (message.type === 'listen') {
      this.#outlet.listen(message.path).then(
        () => this.#context.send({ type: 'listening', path: message.path }),
        (error: unknown) => this.#context.report('warn', `no socket for frames: ${String(error)}`),
      )
      return
    }
    if (message.type === 'close') this.#sets.delete(message.set)
    else this.#update(message)
    if (this.#sets.size === 0) {
      this.#unfollow?.()
      this.#unfollow = undefined
    } else this.#unfollow ??= this.#context.frames.follow((frame) => this.#take(frame))
  }

  #update({ set: id, as, maxFps, wanted }: Extract<FramesProtocol['to'], { type: 'pack' }>): void {
    const known = this.#sets.get(id)
    if (known) {
      known.wanted = wanted
      known.throttle.perSecond = maxFps
      this.#settle(known)
      return
    }
    const drops = { throttled: 0, credit: 0, packing: 0, replaced: 0, link: 0 }
    const throttle = new Throttle(maxFps)
    this.#sets.set(id, {
      id,
      as,
      wanted,
      throttle,
      drops,
      underWay: 0,
      owed: undefined,
      last: Promise.resolve(),
    })
  }

  #take(frame: Frame): void {
    for (const set of this.#sets.values()) {
      if (!set.throttle.isDue(frame.madeAt)) {
        set.drops.throttled += 1
        continue
      }
      if (set.owed) set.drops[set.owed.by] += 1
      set.owed = { frame, by: set.wanted && this.#outlet.open ? 'packing' : 'credit' }
      this.#settle(set)
    }
  }

  /** Packs the newest frame as soon as somebody can take it; its data holds until two more have come. */
  #settle(set: FrameSet): void {
    if (!set.owed || !set.wanted || !this.#outlet.open || set.underWay >= MOST_UNDER_WAY) return
    const { frame } = set.owed
    set.owed = undefined
    set.throttle.take(frame.madeAt)
    this.#pack(set, frame)
  }

  #pack(set: FrameSet, frame: Frame): void {
    // Copied before this returns: the frame's data is another's after that.
    const packed = packFrame(frame, set.as, set.as.compression !== 'none')
    set.underWay += 1
    const sending = this.#send(set, frame, packed, { ...set.drops }, set.last)
    set.last = sending.then(
      () => {
        set.underWay -= 1
        this.#settle(set)
      },
      (error: unknown) => this.#context.fail(error),
    )
  }

  async #send(
    set: FrameSet,
    { number, madeAt, deviceTimestampNs, exposureMs, gainDb }: Frame,
    { shape, bytes }: PackedFrame,
    drops: FrameDrops,
    last: Promise<void>,
  ): Promise<void> {
    const settings = this.#context.settings()
    const body = await compress(bytes, set.as)
    const header = encodeFrameHeader({
      ...shape,
      seq: 0,
      number,
      madeAt: epochMsOf(madeAt),
      deviceTimestampNs,
      exposureMs: exposureMs ?? settings.exposureMs,
      gainDb: gainDb ?? settings.gainDb,
      compression: set.as.compression,
      bodyBytes: body.length,
      drops,
    })
    await last
    if (this.#sets.get(set.id) === set) await this.#outlet.send(set.id, header, body)
  }
}
