import type { Packet } from 'node-av/lib'
import { Tap } from '../tap.ts'
import type { AccessUnit, VideoStream } from './encode.ts'
import { ParameterSets, splitAnnexB } from './nal.ts'

/** What is kept since the last key frame: a camera that sends one more rarely is joined at its next. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024

/** H.264 that a camera encoded itself, passed on as it comes. */
export class PassedStream implements VideoStream {
  readonly about = {
    codec: 'h264',
    name: 'the camera itself',
    reason: 'its H.264 is passed on as it comes',
  } as const
  readonly units: Tap<AccessUnit>
  readonly #sets = new ParameterSets()
  #kept: Packet[] = []
  #keptBytes = 0

  /** `extradata`: parameter sets that the stream's description brought, Annex B. */
  constructor(extradata: Uint8Array | null) {
    if (extradata) this.#sets.complete(splitAnnexB(extradata))
    this.units = new Tap<AccessUnit>(undefined, (follower) => {
      // All at once and stamped as now: who comes first sees the newest picture instead of waiting for a key frame.
      const now = this.#kept.length > 0 ? performance.timeOrigin + performance.now() - this.#kept.length : 0
      this.#kept.forEach((packet, i) => follower(this.#unitOf(packet, now + i)))
    })
  }

  /** The packets since the last key frame, it included: what a decoder begins with. */
  get kept(): readonly Packet[] {
    return this.#kept
  }

  /** A picture has come, at `madeAt` in ms since the epoch. */
  offer(packet: Packet, madeAt: number): void {
    if (packet.isKeyframe) this.#forget()
    if (packet.isKeyframe || this.#kept.length > 0) this.#keep(packet)
    if (this.units.wanted) this.units.offer(this.#unitOf(packet, madeAt))
  }

  /** Nothing can be asked of a camera that sends by itself: its next key frame comes when it comes. */
  wantKey(): void {}

  #unitOf(packet: Packet, madeAt: number): AccessUnit {
    const units = this.#sets.complete(splitAnnexB(packet.data ?? new Uint8Array()))
    return { units, isKey: packet.isKeyframe, madeAt }
  }

  #keep(packet: Packet): void {
    const copy = packet.clone()
    if (!copy) return
    this.#kept.push(copy)
    this.#keptBytes += copy.size
    if (this.#keptBytes > MOST_KEPT_BYTES) this.#forget()
  }

  #forget(): void {
    for (const packet of this.#kept) packet.free()
    this.#kept = []
    this.#keptBytes = 0
  }
}
