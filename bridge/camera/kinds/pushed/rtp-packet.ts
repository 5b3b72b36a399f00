/** One RTP packet (RFC 3550 section 5.1), its payload a view of it. */
export interface RtpPacket {
  sequence: number
  /** In 90 kHz ticks, 32 bits. */
  timestamp: number
  ssrc: number
  payloadType: number
  /** On a picture's last packet. */
  marker: boolean
  payload: Uint8Array
}

const HEADER_BYTES = 12

/** Reads an RTP packet; undefined when it is damaged, or none. */
export function readRtp(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0]! >> 6 !== 2) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let from = HEADER_BYTES + 4 * (bytes[0]! & 0x0f)
  if ((bytes[0]! & 0x10) !== 0) {
    if (from + 4 > bytes.length) return undefined
    from += 4 + 4 * view.getUint16(from + 2)
  }
  const padding = (bytes[0]! & 0x20) === 0 ? 0 : bytes.at(-1)!
  const to = bytes.length - padding
  if (from > to) return undefined
  return {
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payloadType: bytes[1]! & 0x7f,
    marker: (bytes[1]! & 0x80) !== 0,
    payload: bytes.subarray(from, to),
  }
}
