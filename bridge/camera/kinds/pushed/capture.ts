import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Packet } from 'node-av/lib'
import { monotonicMs } from '../../../core/clock.ts'
import { KeptPackets } from '../../encode/kept-packets.ts'
import { NoSender } from '../../encode/no-sender.ts'
import { PassedStream } from '../../encode/passed-stream.ts'
import type { Frame } from '../../frame/frame.ts'
import type { PushedSource } from '../../frame/protocol.ts'
import { type Capture, ShapeChanged } from '../../frame/capture.ts'
import { Assembler } from './assembler.ts'
import type { CodedPicture } from './depacketizer.ts'
import { FirstPictures } from './first-pictures.ts'
import { PictureDecoder } from './picture-decoder.ts'
import { readRtp } from './rtp-packet.ts'
import { SourceClock } from './source-clock.ts'

const PUBLISHER = 'whoever publishes'
/** A decoder that is wanted begins with what came since the last key frame, where that is not too much to catch up with. */
const MOST_KEPT = 300
const RECEIVE_BUFFER = 1 << 21

/** What a copy of a stream's packets is known by. */
export interface CopiedStream {
  ssrc: number
  payloadType: number
}

/** How the SFU is spoken to. */
export interface Tapping {
  /** Has a copy of the stream's packets sent to this port of loopback; rejects when there is none to be had. */
  open(port: number): Promise<CopiedStream>
  wantKey(): void
}

/** Video that somebody pushes into the SFU, as a copy of its packets. It is decoded only while somebody wants its pixels. */
export class PushedCapture implements Capture {
  readonly bitDepth = 8
  readonly features = {}
  readonly settings = {}
  /** H.264 goes into recordings as it is; VP8 does not. */
  readonly stream: PassedStream | undefined
  readonly sender: NoSender
  width = 0
  height = 0
  nominalFps = 0
  readonly #socket: Socket
  readonly #tapping: Tapping
  readonly #assembler: Assembler
  readonly #kept = new KeptPackets(MOST_KEPT)
  readonly #clock = new SourceClock()
  readonly #first = new FirstPictures()
  readonly #decoder: PictureDecoder
  readonly #over = Promise.withResolvers<never>()
  readonly #sized = Promise.withResolvers<void>()
  #shape: string | undefined
  #stream: CopiedStream | undefined
  #frame: ((frame: Frame) => void) | undefined
  #wanted = true
  #isDecoding = false
  /** When the newest picture was made, ms since the epoch. */
  #newestAt = 0

  private constructor({ codec }: PushedSource, socket: Socket, tapping: Tapping) {
    this.#socket = socket
    this.#tapping = tapping
    const wantKey = (): void => tapping.wantKey()
    if (codec === 'h264') this.stream = new PassedStream({ by: PUBLISHER, kept: this.#kept, wantKey })
    this.sender = new NoSender(
      { codec, name: PUBLISHER, reason: 'its video is passed on as it comes' },
      this.stream,
    )
    this.#assembler = new Assembler(codec, { picture: (picture) => this.#take(picture), wantKey })
    this.#decoder = new PictureDecoder(codec, {
      frame: (frame) => this.#show(frame),
      behind: () => {
        this.#isDecoding = false
        tapping.wantKey()
      },
      failed: (error) => this.#over.reject(error),
    })
    this.#over.promise.catch(() => {})
    socket.on('message', (bytes) => this.#hear(bytes))
    socket.on('error', (error) => this.#over.reject(error))
  }

  /** Resolves when pictures come, and their size and rate are known. Rejects when there is no copy to be had. */
  static async open(source: PushedSource, tapping: Tapping): Promise<PushedCapture> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    try {
      // A key frame comes all at once.
      socket.setRecvBufferSize(RECEIVE_BUFFER)
    } catch {
      // The system's own is for smaller pictures.
    }
    const capture = new PushedCapture(source, socket, tapping)
    capture.#stream = await tapping.open(socket.address().port)
    const [fps] = await Promise.race([
      Promise.all([capture.#first.fps, capture.#sized.promise]),
      capture.#over.promise,
    ])
    capture.nominalFps = fps
    return capture
  }

  get lostFrames(): number {
    return this.#assembler.lost
  }

  set(): void {}

  wantFrames(wanted: boolean): void {
    this.#wanted = wanted
    if (!wanted || this.#isDecoding) return
    const { all } = this.#kept
    if (all.length === 0) this.#tapping.wantKey()
    for (const packet of all) this.#decode(packet, packet === all.at(-1) ? this.#newestAt : undefined)
  }

  async run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
    this.#frame = frame
    const aborted = once(signal, 'abort')
    if (!signal.aborted) await Promise.race([aborted, this.#over.promise])
  }

  #hear(bytes: Buffer): void {
    const packet = readRtp(bytes)
    // RTCP comes on the same port, and loopback is open to whoever is on this machine.
    if (!packet || packet.ssrc !== this.#stream?.ssrc || packet.payloadType !== this.#stream.payloadType)
      return
    this.sender.sent.bytes += bytes.length
    this.#assembler.push(packet, performance.now())
  }

  #take(picture: CodedPicture): void {
    if (picture.shape !== undefined && this.#shape !== picture.shape) {
      if (this.#shape !== undefined) {
        this.#over.reject(new ShapeChanged('what is pushed in has another size or format now'))
        return
      }
      this.#shape = picture.shape
    }
    this.sender.sent.pictures += 1
    this.#first.see(picture)
    const madeAt = this.#clock.madeAt(picture.timestamp, monotonicMs())
    this.#newestAt = madeAt
    const packet = new Packet()
    packet.alloc()
    try {
      packet.data = Buffer.from(picture.data)
      packet.isKeyframe = picture.isKey
      if (this.stream) this.stream.offer(packet, madeAt)
      else this.#kept.keep(packet)
      if (this.#wanted) this.#decode(packet, madeAt)
      else if (this.#isDecoding) {
        this.#isDecoding = false
        this.#decoder.rest()
      }
    } finally {
      packet.free()
    }
  }

  /** What comes first is a key frame. */
  #decode(packet: Packet, madeAt: number | undefined): void {
    if (!this.#isDecoding && !packet.isKeyframe) return
    this.#isDecoding = true
    this.#decoder.offer(packet, madeAt)
  }

  #show(frame: Frame): void {
    if (this.width === 0) {
      this.width = frame.width
      this.height = frame.height
      this.#sized.resolve()
      // Nobody has asked for pixels yet but the size.
      this.#wanted = false
    }
    this.#frame?.(frame)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    this.#kept.forget()
    await this.#decoder.close()
  }
}
