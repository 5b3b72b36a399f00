import type { RtpPacket } from './rtp-packet.ts'

/** A packet that was sent again comes within a round trip or two; what comes later is of no use to a live picture. */
const LATE_MS = 150
const MOST_HELD = 256

/** Packets in the order of their numbers: one that is missing is waited for a little, then given up. */
export class PacketOrder {
  readonly #take: (packet: RtpPacket) => void
  readonly #lost: () => void
  readonly #held = new Map<number, RtpPacket>()
  #next: number | undefined
  #waitingSince = 0

  /** `lost` hears that the packet `take` gets next does not follow the one before. */
  constructor(take: (packet: RtpPacket) => void, lost: () => void) {
    this.#take = take
    this.#lost = lost
  }

  /** Takes a packet that came at `now`, in ms. One that comes twice, or too late, is left out. */
  push(packet: RtpPacket, now: number): void {
    this.#next ??= packet.sequence
    if (ahead(packet.sequence, this.#next) < 0) return
    if (this.#held.size === 0) this.#waitingSince = now
    this.#held.set(packet.sequence, packet)
    this.#drain(now)
    if (this.#held.size < MOST_HELD && now - this.#waitingSince < LATE_MS) return
    const from = this.#next
    const waiting = [...this.#held.keys()].sort((a, b) => ahead(a, from) - ahead(b, from))
    if (waiting[0] === undefined) return
    this.#next = waiting[0]
    this.#lost()
    this.#drain(now)
  }

  #drain(now: number): void {
    for (;;) {
      const packet = this.#next === undefined ? undefined : this.#held.get(this.#next)
      if (!packet) return
      this.#held.delete(packet.sequence)
      this.#next = (packet.sequence + 1) & 0xffff
      this.#waitingSince = now
      this.#take(packet)
    }
  }
}

/** By how many `sequence` is ahead of `other`, going round at 16 bits; negative when it is behind. */
function ahead(sequence: number, other: number): number {
  return ((sequence - other) << 16) >> 16
}
