import type { Packet } from 'node-av/lib'

/** What is kept since the last key frame: a source that sends one more rarely is joined at its next. */
const MOST_BYTES = 16 * 1024 * 1024

/** Coded pictures since the last key frame, it included: what a decoder, or one who follows, begins with. */
export class KeptPackets {
  readonly #most: number
  #packets: Packet[] = []
  #bytes = 0

  /** `most` pictures are kept; beyond them none are, until the next key frame. */
  constructor(most = Infinity) {
    this.#most = most
  }

  get all(): readonly Packet[] {
    return this.#packets
  }

  /** Keeps the picture, unless there is none that it follows. */
  keep(packet: Packet): void {
    if (packet.isKeyframe) this.forget()
    else if (this.#packets.length === 0) return
    const copy = packet.clone()
    if (!copy) return
    this.#packets.push(copy)
    this.#bytes += copy.size
    if (this.#bytes > MOST_BYTES || this.#packets.length > this.#most) this.forget()
  }

  forget(): void {
    for (const packet of this.#packets) packet.free()
    this.#packets = []
    this.#bytes = 0
  }
}
