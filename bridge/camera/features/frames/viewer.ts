import {
  encodeFrameHeader,
  type FrameDrops,
  type FrameHeader,
} from '../../../../shared/camera/frame-header.ts'
import type { FrameRequest } from '../../../../shared/camera/frames.ts'
import { CreditWindow } from '../../../core/credit.ts'
import type { FrameSink } from '../../../device/device.ts'
import { Throttle } from './throttle.ts'

/** What a camera's process counts, for a whole set. */
export type SetDrops = Pick<FrameDrops, 'throttled' | 'credit' | 'packing'>

interface Offered {
  header: FrameHeader
  body: Uint8Array<ArrayBuffer>
  drops: Omit<FrameDrops, 'replaced'>
}

/** One viewer's frames: its credit, its own throttle, and what it was not sent. */
export class FrameViewer {
  readonly #sink: FrameSink
  readonly #credit: CreditWindow<Offered>
  readonly #throttle = new Throttle()
  #request: FrameRequest
  #carried: SetDrops = { throttled: 0, credit: 0, packing: 0 }
  #begun: SetDrops | undefined
  #newest: SetDrops | undefined
  #throttled = 0
  #link = 0
  /** The newest that came while the link was stuck: nothing may come after it. */
  #held: { header: FrameHeader; body: Uint8Array<ArrayBuffer> } | undefined

  constructor(request: FrameRequest, window: number, sink: FrameSink, pixelSizeNm: () => number | undefined) {
    this.#request = request
    this.#sink = sink
    this.#throttle.perSecond = request.maxFps
    this.#credit = new CreditWindow(window, ({ header, body, drops }, seq, replaced) => {
      const own = { ...header, seq, pixelSizeNm: pixelSizeNm(), drops: { ...drops, replaced } }
      sink.send(encodeFrameHeader(own), body)
    })
  }

  get request(): FrameRequest {
    return this.#request
  }

  /** How it wants its frames from now on. The counts of the set that it leaves stay with it. */
  set request(request: FrameRequest) {
    this.#request = request
    this.#throttle.perSecond = request.maxFps
    this.#carried = this.#setDrops
    this.#begun = undefined
  }

  /** Whether it could take a frame now. */
  get isFree(): boolean {
    return this.#credit.isFree && !this.#sink.isStuck()
  }

  /** A frame packed as it wants them, and what its set has counted until then. */
  offer(header: FrameHeader, body: Uint8Array<ArrayBuffer>, counted: SetDrops): void {
    this.#begun ??= counted
    this.#newest = counted
    if (!this.#throttle.isDue(header.madeAt)) {
      this.#throttled += 1
      return
    }
    if (this.#held) this.#link += 1
    this.#held = { header, body }
    this.resume()
  }

  acknowledge(seq: number): void {
    this.#credit.acknowledge(seq)
  }

  /** Sends what had to wait, if it may be sent now. */
  resume(): void {
    if (this.#sink.isStuck()) return
    this.#credit.resume()
    if (!this.#held) return
    const { header, body } = this.#held
    this.#held = undefined
    this.#throttle.take(header.madeAt)
    const { throttled, credit, packing } = this.#setDrops
    const drops = { throttled: throttled + this.#throttled, credit, packing, link: this.#link }
    this.#credit.offer({ header, body, drops })
  }

  get #setDrops(): SetDrops {
    const since = (stage: keyof SetDrops): number =>
      this.#carried[stage] +
      (this.#newest?.[stage] ?? 0) -
      (this.#begun?.[stage] ?? this.#newest?.[stage] ?? 0)
    return { throttled: since('throttled'), credit: since('credit'), packing: since('packing') }
  }
}
