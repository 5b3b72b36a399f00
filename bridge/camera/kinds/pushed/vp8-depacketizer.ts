import type { Completed, Depacketizer } from './depacketizer.ts'
import type { RtpPacket } from './rtp-packet.ts'

const MOST_BYTES = 8 * 1024 * 1024
/** Frame tag, start code and size of a key frame (RFC 6386 section 9.1). */
const KEY_HEADER_BYTES = 10

/** VP8 in RTP (RFC 7741). */
export class Vp8Depacketizer implements Depacketizer {
  #parts: Uint8Array[] = []
  #bytes = 0
  #timestamp: number | undefined
  #isDamaged = false

  push(packet: RtpPacket): Completed[] {
    const before = this.#timestamp !== packet.timestamp ? this.#complete() : []
    this.#timestamp = packet.timestamp
    this.#read(packet.payload)
    return packet.marker ? [...before, ...this.#complete()] : before
  }

  lost(): void {
    this.#isDamaged = true
  }

  #read(payload: Uint8Array): void {
    const from = descriptorBytes(payload)
    if (from === undefined) {
      // Padding comes in packets without any payload.
      this.#isDamaged ||= payload.length > 0
      return
    }
    // S with partition 0: here a picture begins (section 4.2).
    const begins = (payload[0]! & 0x17) === 0x10
    if (begins !== (this.#parts.length === 0)) this.#isDamaged = true
    this.#bytes += payload.length - from
    if (this.#bytes > MOST_BYTES) this.#isDamaged = true
    if (!this.#isDamaged) this.#parts.push(payload.slice(from))
  }

  #complete(): Completed[] {
    const isDamaged = this.#isDamaged
    const data = Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    this.#isDamaged = false
    if (isDamaged) return ['damaged']
    if (data.length === 0) return []
    const timestamp = this.#timestamp ?? 0
    const isKey = (data[0]! & 1) === 0
    if (!isKey) return [{ data, isKey, timestamp }]
    if (data.length < KEY_HEADER_BYTES) return ['damaged']
    const shape = `${data.readUInt16LE(6) & 0x3fff}x${data.readUInt16LE(8) & 0x3fff}`
    return [{ data, isKey, timestamp, shape }]
  }
}

/** How long the payload descriptor is (section 4.2); undefined when there is nothing behind it. */
function descriptorBytes(payload: Uint8Array): number | undefined {
  const [first, more] = payload
  if (first === undefined) return undefined
  let at = 1
  if ((first & 0x80) !== 0) {
    if (more === undefined) return undefined
    at += 1
    if ((more & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2
    if ((more & 0x40) !== 0) at += 1
    if ((more & 0x30) !== 0) at += 1
  }
  return at < payload.length ? at : undefined
}
