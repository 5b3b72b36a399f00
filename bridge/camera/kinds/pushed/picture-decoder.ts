import * as av from 'node-av/constants'
import type { Packet } from 'node-av/lib'
import type { Codec } from '../../../../shared/camera/camera.ts'
import type { Frame } from '../../frame/frame.ts'
import { I420Converter } from '../../decode/converter.ts'
import { Decoder } from '../../decode/decoder.ts'

const DECODERS = { h264: av.AV_CODEC_ID_H264, vp8: av.AV_CODEC_ID_VP8 } as const
/** Further behind than this it begins anew: the newest picture is worth more than all of them. */
const MOST_WAITING = 400
/** While it is behind, so often a picture is handed over all the same. */
const SHOW_EVERY_MS = 100

interface Coded {
  packet: Packet
  /** Undefined: only what comes after it is wanted. */
  madeAt: number | undefined
}

interface Events {
  frame: (frame: Frame) => void
  /** What waited was given up: the next is to be a key frame. */
  behind: () => void
  failed: (error: unknown) => void
}

/** Decodes pictures in their order, while more come. */
export class PictureDecoder {
  readonly #codec: Codec
  readonly #events: Events
  #waiting: (Coded | 'rest')[] = []
  #decoder: Decoder | undefined
  #converter: I420Converter | undefined
  #working: Promise<void> | undefined
  #shownAt = -Infinity
  #number = 0

  constructor(codec: Codec, events: Events) {
    this.#codec = codec
    this.#events = events
  }

  /** Takes a copy of the next coded picture; the first one, and the first after `rest`, is to be a key frame. */
  offer(packet: Packet, madeAt: number | undefined): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#drop()
      this.#events.behind()
      return
    }
    const copy = packet.clone()
    if (copy) this.#put({ packet: copy, madeAt })
  }

  /** Nothing is wanted for now: what decoding needs is given back. */
  rest(): void {
    this.#put('rest')
  }

  async close(): Promise<void> {
    this.#drop()
    await this.#working
    this.#rest()
    this.#converter?.[Symbol.dispose]()
    this.#converter = undefined
  }

  #put(next: Coded | 'rest'): void {
    this.#waiting.push(next)
    this.#working ??= this.#work().finally(() => (this.#working = undefined))
  }

  async #work(): Promise<void> {
    // Once begun it takes in turn what has come meanwhile.
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (next === 'rest') {
        this.#rest()
        continue
      }
      try {
        this.#decoder ??= await Decoder.openPlain(DECODERS[this.#codec])
        await this.#decoder.feed(next.packet)
        await this.#hand(this.#decoder, next.madeAt)
      } catch (error) {
        this.#events.failed(error)
      } finally {
        next.packet.free()
      }
    }
  }

  async #hand(decoder: Decoder, madeAt: number | undefined): Promise<void> {
    for (;;) {
      const decoded = await decoder.next()
      if (decoded === 'more' || decoded === 'end') return
      const number = this.#number++
      if (madeAt === undefined) continue
      const now = performance.now()
      if (this.#waiting.length > 0 && now - this.#shownAt < SHOW_EVERY_MS) continue
      this.#shownAt = now
      this.#converter ??= new I420Converter(decoded.width, decoded.height)
      const { width, height } = this.#converter
      const data = this.#converter.convert(decoded)
      this.#events.frame({ width, height, bitDepth: 8, format: 'i420', data, number, madeAt })
    }
  }

  #rest(): void {
    this.#decoder?.[Symbol.dispose]()
    this.#decoder = undefined
  }

  #drop(): void {
    for (const next of this.#waiting) if (next !== 'rest') next.packet.free()
    this.#waiting = []
  }
}
