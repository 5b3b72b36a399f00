import { NAL, nalType, ParameterSets } from '../../encode/nal.ts'
import type { Completed, Depacketizer } from './depacketizer.ts'
import type { RtpPacket } from './rtp-packet.ts'

const STAP_A = 24
const FU_A = 28
/** No picture is larger: a stream whose pictures never end is none. */
const MOST_BYTES = 8 * 1024 * 1024
const START_CODE = Uint8Array.of(0, 0, 0, 1)

/** H.264 in RTP: single NAL units, STAP-A and FU-A (RFC 6184 sections 5.6, 5.7.1, 5.8). */
export class H264Depacketizer implements Depacketizer {
  readonly #sets = new ParameterSets()
  #units: Uint8Array[] = []
  #bytes = 0
  /** The parts of a unit that comes in several packets. */
  #parts: Uint8Array[] = []
  #timestamp: number | undefined
  #isDamaged = false
  #isAfterLoss = false

  push(packet: RtpPacket): Completed[] {
    // Some senders mark no last packet, or mark parameter sets as a picture of their own: the time tells, too.
    const before = this.#timestamp !== packet.timestamp ? this.#complete() : []
    this.#timestamp = packet.timestamp
    // What was lost may have been the beginning of this picture.
    if (this.#isAfterLoss && !beginsPicture(packet.payload)) this.#isDamaged = true
    this.#isAfterLoss = false
    this.#read(packet.payload)
    return packet.marker ? [...before, ...this.#complete()] : before
  }

  lost(): void {
    this.#isDamaged = true
    this.#isAfterLoss = true
  }

  #read(payload: Uint8Array): void {
    if (payload.length === 0) return
    const type = nalType(payload)
    if (type === FU_A) this.#readFragment(payload)
    else if (type === STAP_A) this.#readAggregate(payload)
    else if (type > 0 && type < STAP_A) this.#add(payload.slice())
    else this.#isDamaged = true
  }

  #readAggregate(payload: Uint8Array): void {
    for (let at = 1; at + 2 <= payload.length;) {
      const bytes = (payload[at]! << 8) | payload[at + 1]!
      if (bytes === 0 || at + 2 + bytes > payload.length) {
        this.#isDamaged = true
        return
      }
      this.#add(payload.slice(at + 2, at + 2 + bytes))
      at += 2 + bytes
    }
  }

  #readFragment(payload: Uint8Array): void {
    const header = payload[1]
    if (header === undefined) return
    const isFirst = (header & 0x80) !== 0
    if (isFirst !== (this.#parts.length === 0)) {
      this.#isDamaged = true
      this.#parts = []
      if (!isFirst) return
    }
    if (isFirst) this.#parts.push(Uint8Array.of((payload[0]! & 0xe0) | (header & 0x1f)))
    this.#parts.push(payload.slice(2))
    this.#bytes += payload.length
    if (this.#bytes > MOST_BYTES) this.#isDamaged = true
    if (this.#isDamaged) return
    if ((header & 0x40) === 0) return
    const unit = Buffer.concat(this.#parts)
    this.#parts = []
    this.#units.push(unit)
  }

  #add(unit: Uint8Array): void {
    this.#bytes += unit.length
    if (this.#bytes > MOST_BYTES) this.#isDamaged = true
    else this.#units.push(unit)
  }

  #complete(): Completed[] {
    const isDamaged = this.#isDamaged || this.#parts.length > 0
    const units = this.#sets.complete(this.#units)
    const timestamp = this.#timestamp ?? 0
    this.#units = []
    this.#parts = []
    this.#bytes = 0
    this.#isDamaged = false
    if (isDamaged) return ['damaged']
    const [first] = units
    if (!first) return []
    const isKey = units.some((unit) => nalType(unit) === NAL.idr)
    const hasSets = nalType(first) === NAL.sps
    // A key frame that no parameter sets ever came for cannot be decoded.
    if (isKey && !hasSets) return ['damaged']
    const data = Buffer.concat(units.flatMap((unit) => [START_CODE, unit]))
    return [
      isKey
        ? { data, isKey, timestamp, shape: Buffer.from(first).toString('hex') }
        : { data, isKey, timestamp },
    ]
  }
}

/** Whether a picture surely begins with this packet: nothing of one stands before its delimiter or its SPS (H.264 section 7.4.1.2.3). */
function beginsPicture(payload: Uint8Array): boolean {
  const unit = payload.subarray(payload.length > 3 && nalType(payload) === STAP_A ? 3 : 0)
  return unit.length > 0 && (nalType(unit) === NAL.sps || nalType(unit) === NAL.delimiter)
}
