import type { Codec } from '../../../../shared/camera/camera.ts'
import type { CodedPicture, Depacketizer } from './depacketizer.ts'
import { H264Depacketizer } from './h264-depacketizer.ts'
import { PacketOrder } from './packet-order.ts'
import type { RtpPacket } from './rtp-packet.ts'
import { Vp8Depacketizer } from './vp8-depacketizer.ts'

/** A key frame that was asked for and did not come is asked for again. */
const ASK_EVERY_MS = 1000

interface Events {
  picture(picture: CodedPicture): void
  /** Pictures are of no use until there is a key frame. */
  wantKey(): void
}

/** Whole pictures of packets as they come; from one that lacks something to the next key frame there are none. */
export class Assembler {
  readonly #events: Events
  readonly #depacketizer: Depacketizer
  readonly #order: PacketOrder
  #needsKey = true
  #hasBegun = false
  #askedAt = -Infinity
  #now = 0
  /** Pictures that did not come whole, and those that are nothing without them. */
  lost = 0

  constructor(codec: Codec, events: Events) {
    this.#events = events
    this.#depacketizer = codec === 'h264' ? new H264Depacketizer() : new Vp8Depacketizer()
    this.#order = new PacketOrder(
      (packet) => this.#take(packet),
      () => this.#depacketizer.lost(),
    )
  }

  /** Takes a packet of the stream that came at `now`, in ms. */
  push(packet: RtpPacket, now: number): void {
    this.#now = now
    this.#order.push(packet, now)
    if (this.#needsKey) this.#ask()
  }

  #take(packet: RtpPacket): void {
    for (const picture of this.#depacketizer.push(packet)) {
      if (picture === 'damaged') this.#needsKey = true
      else if (picture.isKey) this.#needsKey = false
      if (picture !== 'damaged' && !this.#needsKey) {
        this.#hasBegun = true
        this.#events.picture(picture)
      } else if (this.#hasBegun) this.lost += 1
    }
  }

  #ask(): void {
    if (this.#now - this.#askedAt < ASK_EVERY_MS) return
    this.#askedAt = this.#now
    this.#events.wantKey()
  }
}
