import { rtpTimestampAt } from '../../../shared/camera/media.ts'

/** RTCP packet types (RFC 3550 section 12.1, RFC 4585 section 6.1). */
const SENDER_REPORT = 200
const SOURCE_DESCRIPTION = 202
const PAYLOAD_FEEDBACK = 206
/** Payload-specific feedback: picture loss (RFC 4585 section 6.3.1), full intra request (RFC 5104 section 4.3.1). */
const PLI = 1
const FIR = 4
/** From 1900 to 1970 in seconds: NTP counts from the former. */
const NTP_OFFSET_S = 2_208_988_800

/** Whether a compound RTCP packet asks for a key frame of the stream `ssrc`. Damaged packets ask for nothing. */
export function asksForKeyFrame(packet: Uint8Array, ssrc: number): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  for (let at = 0; at + 4 <= packet.length;) {
    const bytes = (view.getUint16(at + 2) + 1) * 4
    if (packet[at]! >> 6 !== 2 || at + bytes > packet.length) return false
    const format = packet[at]! & 0x1f
    if (packet[at + 1] === PAYLOAD_FEEDBACK) {
      if (format === PLI && bytes >= 12 && view.getUint32(at + 8) === ssrc) return true
      for (let entry = at + 12; format === FIR && entry + 8 <= at + bytes; entry += 8) {
        if (view.getUint32(entry) === ssrc) return true
      }
    }
    at += bytes
  }
  return false
}

/**
 * A sender report with the source's name, as one compound packet (RFC 3550 sections 6.4.1, 6.5): it ties the stream's
 * timestamps to the wall clock at `epochMs`. `packets` and `octets` are counted since the stream began.
 */
export function senderReport(
  ssrc: number,
  epochMs: number,
  packets: number,
  octets: number,
  cname: string,
): Uint8Array {
  const name = new TextEncoder().encode(cname)
  // The list of items ends with at least one zero byte, at a word's end.
  const itemBytes = Math.floor((2 + name.length) / 4 + 1) * 4
  const packet = new Uint8Array(28 + 8 + itemBytes)
  const view = new DataView(packet.buffer)
  packet[0] = 0x80
  packet[1] = SENDER_REPORT
  view.setUint16(2, 6)
  view.setUint32(4, ssrc)
  view.setUint32(8, (Math.floor(epochMs / 1000) + NTP_OFFSET_S) % 2 ** 32)
  view.setUint32(12, Math.floor(((epochMs % 1000) / 1000) * 2 ** 32))
  view.setUint32(16, rtpTimestampAt(epochMs))
  view.setUint32(20, packets % 2 ** 32)
  view.setUint32(24, octets % 2 ** 32)
  packet[28] = 0x81
  packet[29] = SOURCE_DESCRIPTION
  view.setUint16(30, (8 + itemBytes) / 4 - 1)
  view.setUint32(32, ssrc)
  packet[36] = 1
  packet[37] = name.length
  packet.set(name, 38)
  return packet
}
