import wrtc from '@roamhq/wrtc'
import { Device, type types } from 'mediasoup-client'
import type { PublishTarget } from '../../device/publisher.ts'
import type { Picture } from '../frame/frame.ts'
import type { Sender, Signalling } from '../frame/encode.ts'

const COUNT_MS = 1000
/**
 * libwebrtc spreads a picture's packets over time by its estimate of the bandwidth. The way to the SFU is this
 * machine's loopback: an estimate well above the encoder's rate lets each picture leave at once.
 */
const PACING = 10

/** VP8 by libwebrtc, which controls congestion itself. */
export class Vp8Sender implements Sender {
  readonly about = {
    codec: 'vp8',
    name: 'libvpx (libwebrtc)',
    reason: 'vp8 was asked for: libwebrtc encodes it in software',
  } as const
  readonly sent = { bytes: 0, pictures: 0 }
  readonly stream = undefined
  awake = false
  readonly #source = new wrtc.nonstandard.RTCVideoSource()
  readonly #signalling: Signalling
  readonly #bitrateKbps: number
  readonly #wanted: (wanted: boolean) => void
  readonly #counting: NodeJS.Timeout
  #transport: types.Transport | undefined
  #producer: types.Producer | undefined

  /** `wanted` hears when pictures are wanted. */
  constructor(bitrateKbps: number, signalling: Signalling, wanted: (wanted: boolean) => void = () => {}) {
    this.#bitrateKbps = bitrateKbps
    this.#wanted = wanted
    this.#signalling = signalling
    // mediasoup-client takes the browser's classes from where a browser has them.
    const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate, MediaStream, MediaStreamTrack } = wrtc
    Object.assign(globalThis, {
      RTCPeerConnection,
      RTCSessionDescription,
      RTCIceCandidate,
      MediaStream,
      MediaStreamTrack,
    })
    this.#counting = setInterval(() => void this.#count(), COUNT_MS)
  }

  watch(watched: boolean): void {
    const woken = watched && !this.awake
    this.awake = watched
    if (woken) this.#wanted(true)
  }

  async retarget(target: PublishTarget): Promise<void> {
    if (target.codec !== 'vp8') throw new Error(`a ${target.codec} target for a vp8 sender`)
    this.#transport?.close()
    const device = new Device({ handlerName: 'Chrome111' })
    await device.load({ routerRtpCapabilities: target.routerRtpCapabilities })
    const transport = device.createSendTransport(target.transport)
    this.#transport = transport
    transport.on('connect', ({ dtlsParameters }, done, failed) => {
      this.#signalling.connect(dtlsParameters).then(done, failed)
    })
    transport.on('produce', ({ rtpParameters }, done, failed) => {
      this.#signalling.produce(rtpParameters).then((id) => done({ id }), failed)
    })
    this.#producer = await transport.produce({
      track: this.#source.createTrack(),
      encodings: [{ maxBitrate: this.#bitrateKbps * 1000 }],
      // Without it libwebrtc begins at 300 kbps and takes seconds to show a sharp picture.
      codecOptions: { videoGoogleStartBitrate: this.#bitrateKbps * PACING },
    })
  }

  async send(picture: Picture): Promise<void> {
    const { width, height, i420 } = picture
    // It reads the whole ArrayBuffer, which a picture has to itself, and has copied it when it returns.
    this.#source.onFrame({ width, height, data: i420 })
  }

  async #count(): Promise<void> {
    // Of the whole transport: libwebrtc's Node binding has no statistics of one sender.
    const stats = await this.#transport?.getStats().catch(() => undefined)
    stats?.forEach((entry: { type: string; bytesSent?: number; framesEncoded?: number }) => {
      if (entry.type !== 'outbound-rtp') return
      this.sent.bytes = entry.bytesSent ?? 0
      this.sent.pictures = entry.framesEncoded ?? 0
    })
  }

  close(): void {
    clearInterval(this.#counting)
    this.#transport?.close()
  }
}
