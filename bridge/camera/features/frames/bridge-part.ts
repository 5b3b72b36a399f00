import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { FrameHeader } from '../../../../shared/camera/frame-header.ts'
import type { FrameRequest } from '../../../../shared/camera/frames.ts'
import { BenchError } from '../../../../shared/wire/errors.ts'
import type { DriverContext, FrameSink, FrameSubscription } from '../../../device/device.ts'
import type { BridgePart } from '../../frame/part.ts'
import type { CameraAbout } from '../../frame/protocol.ts'
import { FrameReader } from './reader.ts'
import { FrameViewer, type SetDrops } from './viewer.ts'

/** How the frames of a set are packed. */
export type PackedAs = Pick<FrameRequest, 'region' | 'step' | 'compression' | 'level'>

export interface FramesProtocol {
  to:
    | { type: 'listen'; path: string }
    | { type: 'pack'; set: number; as: PackedAs; maxFps: number | null; wanted: boolean }
    | { type: 'close'; set: number }
  from: { type: 'listening'; path: string }
}

/** Each set is packed and compressed for itself. */
const MOST_SETS = 8
/** How often credit that came back by itself, and a link that is free again, are noticed. */
const LOOK_MS = 250
/** After so long without a socket to connect to, another is asked for. */
const MEET_MS = 5000

interface FrameSet {
  readonly id: number
  readonly as: PackedAs
  readonly viewers: Set<FrameViewer>
  /** What the processes before this one counted, and what this one has. */
  before: SetDrops
  counted: SetDrops
  /** What the camera's process was told last. */
  told: string | undefined
}

/** How frames come from the process: through a socket in a folder that is this user's alone, and gone once both have met. */
interface Way {
  readonly since: number
  folder: string
  reader: FrameReader | undefined
}

const NONE: SetDrops = { throttled: 0, credit: 0, packing: 0 }

/** Frames to measure on, for those in the bridge who hand them on: each viewer has its own way and its own pace. */
export class FramesBridgePart implements BridgePart<FramesProtocol['to'], FramesProtocol['from']> {
  readonly commands = {}
  readonly #context: Pick<DriverContext<'camera'>, 'id' | 'log' | 'state'>
  readonly #sets = new Map<string, FrameSet>()
  #send: ((message: FramesProtocol['to']) => void) | undefined
  #about: CameraAbout | undefined
  #way: Way | undefined
  #look: NodeJS.Timeout | undefined
  #lastSet = 0
  #isClosed = false

  constructor(context: Pick<DriverContext<'camera'>, 'id' | 'log' | 'state'>) {
    this.#context = context
  }

  /** Begins to send frames to `sink`. Throws `input.invalid` for a region beyond the frame, `device.busy` for one way too many. */
  open(request: FrameRequest, window: number, sink: FrameSink): FrameSubscription {
    this.#check(request, undefined)
    const viewer = new FrameViewer(request, window, sink, () => this.#pixelSizeNm)
    this.#join(viewer)
    return {
      get request() {
        return viewer.request
      },
      change: (change) => {
        const wanted = { ...viewer.request, ...change }
        this.#check(wanted, viewer)
        this.#leave(viewer)
        viewer.request = wanted
        this.#join(viewer)
        return wanted
      },
      acknowledge: (seq) => {
        viewer.acknowledge(seq)
        this.#tell(this.#setOf(viewer))
      },
      resume: () => {
        viewer.resume()
        this.#tell(this.#setOf(viewer))
      },
      close: () => this.#leave(viewer),
    }
  }

  began(send: (message: FramesProtocol['to']) => void, about: CameraAbout): void {
    this.#send = send
    this.#about = about
    this.#keep()
  }

  heard({ path }: FramesProtocol['from']): void {
    const way = this.#way
    if (!way || path !== pathIn(way.folder)) return
    way.reader = new FrameReader(path, {
      frame: (set, header, body) => this.#arrived(set, header, body),
      gone: (reason) => {
        if (reason) this.#context.log.warn(`${this.#context.id}: its frames do not come: ${reason}`)
        this.#part(way)
      },
    })
    for (const set of this.#sets.values()) this.#tell(set)
  }

  gone(): void {
    this.#send = undefined
    if (this.#way) this.#part(this.#way)
    for (const set of this.#sets.values()) {
      set.before = sum(set.before, set.counted)
      set.counted = NONE
      set.told = undefined
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    clearInterval(this.#look)
    this.gone()
    this.#sets.clear()
  }

  #check({ region, ...request }: FrameRequest, viewer: FrameViewer | undefined): void {
    const { id } = this.#context
    if (this.#isClosed) {
      throw new BenchError('device.faulted', `${id} was closed: open its frames again`, { device: id })
    }
    const { width = Infinity, height = Infinity } = this.#about ?? {}
    if (region && (region.x + region.width > width || region.y + region.height > height)) {
      const message = `a region of ${region.width}x${region.height} at ${region.x}, ${region.y} reaches beyond the ${width}x${height} of ${id}`
      throw new BenchError('input.invalid', message, { device: id })
    }
    const alone = viewer && this.#setOf(viewer)?.viewers.size === 1 ? 1 : 0
    if (this.#sets.has(keyOf({ ...request, region })) || this.#sets.size - alone < MOST_SETS) return
    const message = `the frames of ${id} are packed in ${MOST_SETS} ways already: take one that another viewer has, or try again later`
    throw new BenchError('device.busy', message, { device: id })
  }

  #join(viewer: FrameViewer): void {
    const { region, step, compression, level } = viewer.request
    const key = keyOf(viewer.request)
    let set = this.#sets.get(key)
    if (!set) {
      const as = { region, step, compression, level }
      set = { id: ++this.#lastSet, as, viewers: new Set(), before: NONE, counted: NONE, told: undefined }
      this.#sets.set(key, set)
    }
    set.viewers.add(viewer)
    this.#look ??= setInterval(() => this.#keep(), LOOK_MS)
    this.#keep()
  }

  #leave(viewer: FrameViewer): void {
    const set = this.#setOf(viewer)
    if (!set) return
    set.viewers.delete(viewer)
    if (set.viewers.size > 0) {
      this.#tell(set)
      return
    }
    this.#sets.delete(keyOf(set.as))
    if (set.told !== undefined) this.#send?.({ type: 'close', set: set.id })
    if (this.#sets.size > 0) return
    clearInterval(this.#look)
    this.#look = undefined
  }

  #setOf(viewer: FrameViewer): FrameSet | undefined {
    return this.#sets.get(keyOf(viewer.request))
  }

  #arrived(id: number, header: FrameHeader, body: Uint8Array<ArrayBuffer>): void {
    const set = [...this.#sets.values()].find((each) => each.id === id)
    if (!set) return
    set.counted = header.drops
    void this.#handOn(set, header, body, sum(set.before, set.counted))
  }

  /** To one viewer after the other, a turn of the event loop each: the kernel takes a millisecond to copy a large frame. */
  async #handOn(
    set: FrameSet,
    header: FrameHeader,
    body: Uint8Array<ArrayBuffer>,
    counted: SetDrops,
  ): Promise<void> {
    for (const [i, viewer] of [...set.viewers].entries()) {
      if (i > 0) await turn()
      if (set.viewers.has(viewer)) viewer.offer(header, body, counted)
    }
    this.#tell(set)
  }

  /** Sees to it that there is a way while there is somebody to have frames, and tells the process who can take one. */
  #keep(): void {
    if (this.#sets.size === 0 || !this.#send) return
    if (!this.#way) void this.#meet(this.#send)
    else if (!this.#way.reader && performance.now() - this.#way.since > MEET_MS) this.#part(this.#way)
    for (const set of this.#sets.values()) this.#tell(set)
  }

  async #meet(send: (message: FramesProtocol['to']) => void): Promise<void> {
    const way: Way = { since: performance.now(), folder: '', reader: undefined }
    this.#way = way
    try {
      way.folder = await mkdtemp(join(tmpdir(), 'lightbench-frames-'))
      if (this.#way === way) send({ type: 'listen', path: pathIn(way.folder) })
      else this.#part(way)
    } catch (error) {
      this.#context.log.warn(`${this.#context.id}: there is no socket for its frames: ${String(error)}`)
    }
  }

  #part(way: Way): void {
    way.reader?.[Symbol.dispose]()
    if (way.folder) void rm(way.folder, { recursive: true, force: true })
    if (this.#way === way) this.#way = undefined
  }

  #tell(set: FrameSet | undefined): void {
    if (!set || !this.#way?.reader) return
    const wanted = [...set.viewers].some((viewer) => viewer.isFree)
    const rates = [...set.viewers].map(({ request }) => request.maxFps ?? Infinity)
    const fastest = Math.max(...rates)
    const maxFps = fastest === Infinity ? null : fastest
    const told = `${wanted} ${maxFps}`
    if (told === set.told) return
    set.told = told
    this.#send?.({ type: 'pack', set: set.id, as: set.as, maxFps, wanted })
  }

  get #pixelSizeNm(): number | undefined {
    const { pixelSizeUm } = this.#context.state.value
    return pixelSizeUm === undefined ? undefined : pixelSizeUm * 1000
  }
}

function pathIn(folder: string): string {
  return join(folder, 'frames')
}

function keyOf({ region, step, compression, level }: PackedAs): string {
  const at = region ? `${region.x} ${region.y} ${region.width} ${region.height}` : 'whole'
  return `${at}, ${step}, ${compression}${compression === 'zstd' ? level : ''}`
}

function sum(one: SetDrops, other: SetDrops): SetDrops {
  return {
    throttled: one.throttled + other.throttled,
    credit: one.credit + other.credit,
    packing: one.packing + other.packing,
  }
}
