import type { Packet } from 'node-av/lib'
import { monotonicMs } from '../../core/clock.ts'
import { Tap } from '../frame/tap.ts'
import type { AccessUnit, VideoStream } from '../frame/encode.ts'
import { KeptPackets } from './kept-packets.ts'
import { ParameterSets, splitAnnexB } from './nal.ts'

interface Options {
  /** Parameter sets that the stream's description brought, Annex B. */
  extradata?: Uint8Array | null
  /** Who encodes it. */
  by?: string
  /** Keeps the pictures since the last key frame. */
  kept?: KeptPackets
  /** Asks for a key frame; left out: nobody can be asked, and who follows is given what came since the last one. */
  wantKey?: () => void
}

/** H.264 that somebody else encoded, passed on as it comes. */
export class PassedStream implements VideoStream {
  readonly about: VideoStream['about']
  readonly units: Tap<AccessUnit>
  readonly #sets = new ParameterSets()
  readonly #kept: KeptPackets
  readonly #wantKey: () => void

  constructor({ extradata, by = 'the camera itself', kept = new KeptPackets(), wantKey }: Options) {
    this.about = { codec: 'h264', name: by, reason: 'its H.264 is passed on as it comes' }
    this.#kept = kept
    // Nothing can be asked of a camera that sends by itself: its next key frame comes when it comes.
    this.#wantKey = wantKey ?? (() => {})
    if (extradata) this.#sets.complete(splitAnnexB(extradata))
    this.units = new Tap<AccessUnit>(undefined, (follower) => {
      // Where one can be asked for, it is there as soon.
      if (wantKey) return
      const { all } = this.#kept
      // All at once and stamped as now: who comes first sees the newest picture instead of waiting for a key frame.
      const now = all.length > 0 ? monotonicMs() - all.length : 0
      all.forEach((packet, i) => follower(this.#unitOf(packet, now + i)))
    })
  }

  /** The packets since the last key frame, it included: what a decoder begins with. */
  get kept(): readonly Packet[] {
    return this.#kept.all
  }

  /** A picture has come, at `madeAt`, ms of the monotonic clock. */
  offer(packet: Packet, madeAt: number): void {
    this.#kept.keep(packet)
    if (this.units.wanted) this.units.offer(this.#unitOf(packet, madeAt))
  }

  wantKey(): void {
    this.#wantKey()
  }

  #unitOf(packet: Packet, madeAt: number): AccessUnit {
    const units = this.#sets.complete(splitAnnexB(packet.data ?? new Uint8Array()))
    return { units, isKey: packet.isKeyframe, madeAt }
  }
}
