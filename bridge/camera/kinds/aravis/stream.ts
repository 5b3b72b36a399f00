import { view } from 'koffi'
import type { Frame } from '../../frame/frame.ts'
import { awaited } from './lane.ts'
import type { Aravis, Out, Pointer } from './native.ts'
import type { PixelLayout } from './pixels.ts'

/** What is kept in memory for a camera at most, and the fewest buffers that this can come to. */
const MOST_BYTES = 512 * 2 ** 20
const FEWEST = 5
const MOST = 64
/** Frames that a busy moment may take. */
const SECONDS = 0.25
/** How often the wait for a frame looks up. It holds one of the process's few threads, and delays its end. */
const WAIT_US = 200_000
/** The kernel keeps packets for so many frames; it gives less where net.core.rmem_max is less. */
const SOCKET_FRAMES = 4
const SOCKET_BYTES = { least: 2 ** 20, most: 2 ** 26 }
/** A frame's data has to stay while two more come (Capture). */
const KEPT = 3

export interface Taken {
  data: Frame['data']
  deviceTimestampNs: bigint
  deviceFrame: bigint
}

/** The frames of a camera: buffers that are filled by a thread of Aravis', each taken where it lies. */
export class Stream {
  readonly #aravis: Aravis
  readonly #stream: Pointer
  readonly #layout: PixelLayout
  readonly #pixels: { width: number; height: number }
  readonly #views = new Map<Pointer, ArrayBuffer>()
  readonly #unpacked: (Uint8Array | Uint16Array)[]
  readonly #held: Pointer[] = []
  #taken = 0

  constructor(
    aravis: Aravis,
    stream: Pointer,
    shape: {
      layout: PixelLayout
      width: number
      height: number
      payload: number
      fps: number
      isGigE: boolean
    },
  ) {
    const { layout, width, height, payload, fps, isGigE } = shape
    this.#aravis = aravis
    this.#stream = stream
    this.#layout = layout
    this.#pixels = { width, height }
    if (isGigE) {
      const bytes = Math.min(Math.max(payload * SOCKET_FRAMES, SOCKET_BYTES.least), SOCKET_BYTES.most)
      aravis.setProperty(stream, 'socket-buffer-size', bytes, null)
    }
    const wished = Math.min(Math.max(Math.ceil(fps * SECONDS), FEWEST + KEPT), MOST)
    const count = Math.max(FEWEST, Math.min(wished, Math.floor(MOST_BYTES / payload)))
    for (let i = 0; i < count; i++) {
      // Kept for as long as the process lives: a frame may still be looked at when the stream is no more.
      aravis.push(stream, aravis.ref(aravis.newBuffer(payload)))
    }
    const samples = width * height * (layout.format === 'rgb8' ? 3 : 1)
    const Samples = layout.bitDepth > 8 ? Uint16Array : Uint8Array
    this.#unpacked = layout.unpack ? Array.from({ length: KEPT }, () => new Samples(samples)) : []
  }

  /** Frames that did not come whole, and those for which no buffer was free. */
  get lost(): number {
    const [completed, failures, underruns]: [
      Out<number | bigint>,
      Out<number | bigint>,
      Out<number | bigint>,
    ] = [[0], [0], [0]]
    this.#aravis.statistics(this.#stream, completed, failures, underruns)
    return Number(failures[0]) + Number(underruns[0])
  }

  /** The next whole frame, or undefined when there was none for a fifth of a second. Throws when it has another shape. */
  async next(): Promise<Taken | undefined> {
    const buffer =
      this.#aravis.tryPop(this.#stream) ?? (await awaited(this.#aravis.waitPop, this.#stream, WAIT_US))
    if (buffer === null) return undefined
    if (this.#aravis.bufferStatus(buffer) !== 0) {
      this.#aravis.push(this.#stream, buffer)
      return undefined
    }
    const data = this.#dataOf(buffer)
    const taken = {
      data,
      deviceTimestampNs: BigInt(this.#aravis.bufferTimestamp(buffer)),
      deviceFrame: BigInt(this.#aravis.bufferFrame(buffer)),
    }
    this.#held.push(buffer)
    if (this.#held.length > KEPT) this.#aravis.push(this.#stream, this.#held.shift()!)
    return taken
  }

  #dataOf(buffer: Pointer): Frame['data'] {
    const { width, height } = this.#pixels
    const { bits, bitDepth, unpack } = this.#layout
    const is = { width: this.#aravis.bufferWidth(buffer), height: this.#aravis.bufferHeight(buffer) }
    if (is.width !== width || is.height !== height) {
      throw new Error(`it sent ${is.width}x${is.height} where ${width}x${height} was to come`)
    }
    const padding: [Out<number>, Out<number>] = [[0], [0]]
    this.#aravis.bufferPadding(buffer, ...padding)
    if (padding[0][0] !== 0) throw new Error('it fills up the rows of its frames, which cannot be taken yet')
    const bytes = Math.ceil((width * height * bits) / 8)
    const { memory, at } = this.#memoryOf(buffer)
    if (at + bytes > memory.byteLength) throw new Error('it sent fewer bytes than its pixel format takes')
    if (unpack) {
      const to = this.#unpacked[this.#taken++ % KEPT]!
      unpack(new Uint8Array(memory, at, bytes), to)
      return to
    }
    return bitDepth > 8 ? new Uint16Array(memory, at, bytes / 2) : new Uint8Array(memory, at, bytes)
  }

  #memoryOf(buffer: Pointer): { memory: ArrayBuffer; at: number } {
    const size: Out<number | bigint> = [0]
    const begins = this.#aravis.bufferData(buffer, size)
    const image = this.#aravis.bufferImage(buffer, [0])
    if (begins === null || image === null) throw new Error('it sent something that is no image')
    // V8 wants one ArrayBuffer for one place in memory.
    let memory = this.#views.get(buffer)
    if (!memory) {
      memory = view(begins, Number(size[0]))
      this.#views.set(buffer, memory)
    }
    return { memory, at: Number(image - begins) }
  }

  /** Ends the thread that fills the buffers. */
  close(): Promise<void> {
    return awaited(this.#aravis.unref, this.#stream)
  }
}
