import type { RtpPacket } from './rtp-packet.ts'

/** A coded picture as a decoder takes it: H.264 as Annex B. */
export interface CodedPicture {
  data: Uint8Array
  isKey: boolean
  /** In 90 kHz ticks, 32 bits. */
  timestamp: number
  /** What the pictures from this key frame on look like: where it differs, they may be of another size. */
  shape?: string
}

/** A picture, or one that is of no use because something of it is missing. */
export type Completed = CodedPicture | 'damaged'

/** Makes pictures of packets that come in their order. */
export interface Depacketizer {
  /** What this packet completes: the picture before it, where nothing marked its end, and its own. */
  push(packet: RtpPacket): Completed[]
  /** The next packet does not follow the last: what was begun is of no use. */
  lost(): void
}
