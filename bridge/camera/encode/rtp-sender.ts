import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { randomInt } from 'node:crypto'
import { rtpTimestampAt } from '../../../shared/media.ts'
import { epochMs } from '../../core/clock.ts'
import type { PublishTarget, RtpTarget } from '../../core/publisher.ts'
import type { Picture } from '../frame.ts'
import type { EncoderSettings, Report, Sender } from './encode.ts'
import { type ChosenEncoder, openH264 } from './h264.ts'
import { ParameterSets, splitAnnexB } from './nal.ts'
import { asksForKeyFrame, senderReport } from './rtcp.ts'
import { RtpPacketizer } from './rtp.ts'

const REPORT_MS = 1000
/** Key frames on request come no closer than this: many who join at once share one. */
const KEY_FRAME_GAP_MS = 100
const CNAME = 'lightbench'

/** One stream to one place. */
interface Destination {
  target: RtpTarget
  socket: Socket
  packetizer: RtpPacketizer
  packets: number
  octets: number
}

/** H.264 over plain RTP, with RTCP on the same port (RFC 5761). */
export class RtpSender implements Sender {
  readonly about: Sender['about']
  readonly sent = { bytes: 0, pictures: 0 }
  readonly #chosen: ChosenEncoder
  readonly #sets = new ParameterSets()
  readonly #reports: NodeJS.Timeout
  #destination: Destination | undefined
  #keyWanted = true
  #lastKey = -Infinity
  #lastPicture: Picture | undefined
  #lastTime = 0
  #busy: Promise<void> = Promise.resolve()
  #stillDue: NodeJS.Timeout | undefined

  private constructor(chosen: ChosenEncoder) {
    this.#chosen = chosen
    this.about = { codec: 'h264', name: chosen.name, reason: chosen.reason }
    this.#reports = setInterval(() => this.#report(), REPORT_MS)
  }

  static async open(settings: EncoderSettings, report: Report): Promise<RtpSender> {
    return new RtpSender(await openH264(settings, report))
  }

  async retarget(target: PublishTarget): Promise<void> {
    if (target.codec !== 'h264') throw new Error(`a ${target.codec} target for an h264 sender`)
    const socket = createSocket('udp4')
    // A refused packet is the SFU gone: it says so itself, with another target.
    socket.on('error', () => {})
    socket.on('message', (packet) => this.#heard(packet, target.ssrc))
    socket.connect(target.port, target.host)
    await once(socket, 'connect')
    this.#destination?.socket.close()
    const packetizer = new RtpPacketizer(target, randomInt(2 ** 15))
    this.#destination = { target, socket, packetizer, packets: 0, octets: 0 }
    this.#wantKey(0)
  }

  send(picture: Picture): Promise<void> {
    this.#lastPicture = picture
    clearTimeout(this.#stillDue)
    return this.#next(() => this.#encode(picture, picture.madeAt))
  }

  /** The encoder takes one picture at a time. */
  #next(work: () => Promise<void>): Promise<void> {
    const turn = this.#busy.then(work)
    this.#busy = turn.catch(() => {})
    return turn
  }

  async #encode(picture: Picture, time: number): Promise<void> {
    if (!this.#destination) return
    const key = this.#keyWanted && performance.now() - this.#lastKey >= KEY_FRAME_GAP_MS
    if (key) {
      this.#keyWanted = false
      this.#lastKey = performance.now()
    }
    const encoded = await this.#chosen.encoder.encode(picture.i420, key)
    const to = this.#destination
    if (!encoded || !to) return
    this.sent.pictures += 1
    this.sent.bytes += encoded.data.length
    this.#lastTime = time
    for (const packet of to.packetizer.packets(
      this.#sets.complete(splitAnnexB(encoded.data)),
      rtpTimestampAt(time),
    )) {
      to.socket.send(packet)
      if (to.packets++ === 0) this.#report()
      to.octets += packet.length
    }
  }

  #heard(packet: Uint8Array, ssrc: number): void {
    if (asksForKeyFrame(packet, ssrc)) this.#wantKey(KEY_FRAME_GAP_MS)
  }

  /** The next picture is a key frame; when none comes within `ms`, as with a long exposure, the last one is sent again. */
  #wantKey(ms: number): void {
    this.#keyWanted = true
    clearTimeout(this.#stillDue)
    this.#stillDue = setTimeout(() => {
      const picture = this.#lastPicture
      if (!picture || !this.#keyWanted) return
      // A millisecond later: the same timestamp twice would be the same picture to a receiver. An encoder that fails
      // fails again with the next picture, and is heard of then.
      this.#next(() => this.#encode(picture, Math.max(picture.madeAt, this.#lastTime + 1))).catch(() => {})
    }, ms)
  }

  #report(): void {
    const to = this.#destination
    if (!to || to.packets === 0) return
    to.socket.send(senderReport(to.target.ssrc, epochMs(), to.packets, to.octets, CNAME))
  }

  close(): void {
    clearInterval(this.#reports)
    clearTimeout(this.#stillDue)
    this.#destination?.socket.close()
    this.#destination = undefined
    void this.#busy.then(() => this.#chosen.encoder.close())
  }
}
