import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { rtpTimestampAt } from '../../../shared/camera/media.ts'
import { monotonicMs, streamMsOf } from '../../core/clock.ts'
import type { RtpTarget } from '../../device/publisher.ts'
import type { AccessUnit, VideoStream } from '../frame/encode.ts'
import { KEY_FRAME_GAP_MS } from './h264-stream.ts'
import { asksForKeyFrame, senderReport } from './rtcp.ts'
import { RtpPacketizer } from './rtp.ts'

const REPORT_MS = 1000
const CNAME = 'lightbench'

/** One stream to one place. */
interface Destination {
  target: RtpTarget
  socket: Socket
  packetizer: RtpPacketizer
  packets: number
  octets: number
}

/** A video stream over plain RTP, with RTCP on the same port (RFC 5761), while somebody watches. */
export class RtpOutput {
  readonly sent = { bytes: 0, pictures: 0 }
  readonly #stream: VideoStream
  readonly #reports: NodeJS.Timeout
  #destination: Destination | undefined
  #watched = false
  #unfollow: (() => void) | undefined

  constructor(stream: VideoStream) {
    this.#stream = stream
    this.#reports = setInterval(() => this.#report(), REPORT_MS)
  }

  /** Whether it is sending. */
  get awake(): boolean {
    return this.#unfollow !== undefined
  }

  watch(watched: boolean): void {
    this.#watched = watched
    this.#follow()
  }

  /** Sends to another place from now on, beginning with a key frame. */
  async retarget(target: RtpTarget): Promise<void> {
    const socket = createSocket('udp4')
    // A refused packet is the SFU gone: it says so itself, with another target.
    socket.on('error', () => {})
    socket.on('message', (packet) => {
      if (asksForKeyFrame(packet, target.ssrc)) this.#stream.wantKey(KEY_FRAME_GAP_MS)
    })
    socket.connect(target.port, target.host)
    await once(socket, 'connect')
    this.#destination?.socket.close()
    const packetizer = new RtpPacketizer(target, randomInt(2 ** 15))
    this.#destination = { target, socket, packetizer, packets: 0, octets: 0 }
    if (this.awake) this.#stream.wantKey(0)
    this.#follow()
  }

  #follow(): void {
    const wanted = this.#watched && this.#destination !== undefined
    if (wanted) this.#unfollow ??= this.#stream.units.follow((unit) => this.#send(unit))
    else {
      this.#unfollow?.()
      this.#unfollow = undefined
    }
  }

  #send({ units, madeAt }: AccessUnit): void {
    const to = this.#destination
    if (!to) return
    this.sent.pictures += 1
    for (const packet of to.packetizer.packets(units, rtpTimestampAt(streamMsOf(madeAt)))) {
      to.socket.send(packet)
      this.sent.bytes += packet.length
      if (to.packets++ === 0) this.#report()
      to.octets += packet.length
    }
  }

  #report(): void {
    const to = this.#destination
    if (!to || to.packets === 0) return
    to.socket.send(senderReport(to.target.ssrc, streamMsOf(monotonicMs()), to.packets, to.octets, CNAME))
  }

  close(): void {
    clearInterval(this.#reports)
    this.watch(false)
    this.#destination?.socket.close()
    this.#destination = undefined
  }
}
