/** Leaves room for SRTP, UDP and the header extensions that the SFU adds, within any network's MTU. */
const MOST_PAYLOAD = 1200
const HEADER_BYTES = 12
const FU_A = 28

/** What identifies one RTP stream. */
export interface RtpIdentity {
  ssrc: number
  payloadType: number
  /** The id under which the playout-delay header extension goes out, if it does. */
  playoutDelayId?: number | undefined
}

/** H.264 pictures as RTP packets: one NAL unit a packet, or several packets a unit as FU-A (RFC 6184 sections 5.6, 5.8). */
export class RtpPacketizer {
  readonly #identity: RtpIdentity
  #sequence: number

  constructor(identity: RtpIdentity, firstSequence: number) {
    this.#identity = identity
    this.#sequence = firstSequence & 0xffff
  }

  /** The packets of one picture. `timestamp` in 90 kHz ticks, 32 bits; the last packet carries the marker. */
  packets(units: readonly Uint8Array[], timestamp: number): Uint8Array[] {
    const packets: Uint8Array[] = []
    for (const unit of units) {
      if (unit.length <= MOST_PAYLOAD) {
        const [packet, at] = this.#begin(timestamp, unit.length)
        packet.set(unit, at)
        packets.push(packet)
      } else this.#fragment(unit, timestamp, packets)
    }
    const last = packets.at(-1)
    if (last) last[1]! |= 0x80
    return packets
  }

  // Fragments of even size: the last one is not a crumb that costs a packet of its own.
  #fragment(unit: Uint8Array, timestamp: number, packets: Uint8Array[]): void {
    const indicator = (unit[0]! & 0xe0) | FU_A
    const type = unit[0]! & 0x1f
    const count = Math.ceil((unit.length - 1) / (MOST_PAYLOAD - 2))
    for (let i = 0; i < count; i++) {
      const from = 1 + Math.floor(((unit.length - 1) * i) / count)
      const to = 1 + Math.floor(((unit.length - 1) * (i + 1)) / count)
      const [packet, at] = this.#begin(timestamp, 2 + to - from)
      packet[at] = indicator
      packet[at + 1] = (i === 0 ? 0x80 : 0) | (i === count - 1 ? 0x40 : 0) | type
      packet.set(unit.subarray(from, to), at + 2)
      packets.push(packet)
    }
  }

  /** A packet with its header written (RFC 3550 section 5.1), and where its payload begins. */
  #begin(timestamp: number, payloadBytes: number): [packet: Uint8Array, at: number] {
    const { ssrc, payloadType, playoutDelayId } = this.#identity
    const at = HEADER_BYTES + (playoutDelayId === undefined ? 0 : 8)
    const packet = new Uint8Array(at + payloadBytes)
    const view = new DataView(packet.buffer)
    packet[0] = playoutDelayId === undefined ? 0x80 : 0x90
    packet[1] = payloadType
    view.setUint16(2, this.#sequence)
    view.setUint32(4, timestamp)
    view.setUint32(8, ssrc)
    if (playoutDelayId !== undefined) {
      // One-byte form (RFC 8285 section 4.2): one word, three bytes of it the least and the most delay, both 0.
      view.setUint32(12, 0xbede0001)
      packet[16] = (playoutDelayId << 4) | 2
    }
    this.#sequence = (this.#sequence + 1) & 0xffff
    return [packet, at]
  }
}
