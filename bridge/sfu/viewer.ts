import type { types } from 'mediasoup'
import type { OutputOf } from '../../shared/commands.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { answered } from './answered.ts'
import type { Channel } from './channel.ts'
import type { Live } from './ingest.ts'
import type { OurTransport } from './sdp/answer.ts'
import { parseDtlsParameters, parseRtpCapabilities } from './untrusted.ts'

const CONNECT_MS = 10_000
/** Where bandwidth estimation begins: from mediasoup's own 600 kbps a first key frame would take a second. */
const FIRST_BITRATE = 10_000_000

interface Options {
  id: string
  channel: Channel
  live: Live
  /** How it reaches the SFU, as text for people, whenever that changes. */
  onPath: (path: string) => void
  onEnd: () => void
}

/** One who watches: a transport to a browser, and the picture on it. */
export class Viewer {
  readonly #options: Options
  readonly #transport: types.WebRtcTransport
  readonly #reaper: NodeJS.Timeout
  #consumer: types.Consumer | undefined
  #consuming = false
  #connecting = false
  #ended = false

  private constructor(options: Options, transport: types.WebRtcTransport) {
    this.#options = options
    this.#transport = transport
    this.#reaper = setTimeout(() => this.end(), CONNECT_MS)
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') clearTimeout(this.#reaper)
      if (state === 'failed' || state === 'closed') this.end()
    })
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected' || state === 'closed') this.end()
    })
    transport.on('iceselectedtuplechange', ({ protocol, remoteIp, remotePort }) => {
      options.onPath(`${protocol} ${remoteIp ?? '?'}:${remotePort ?? '?'}`)
    })
    transport.observer.once('close', () => this.end())
  }

  static async open(options: Options): Promise<Viewer> {
    const { router, server } = options.live
    const transport = await answered(
      router.createWebRtcTransport({
        webRtcServer: server,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        initialAvailableOutgoingBitrate: FIRST_BITRATE,
      }),
      'a transport',
    )
    return new Viewer(options, transport)
  }

  get id(): string {
    return this.#options.id
  }

  get channel(): Channel {
    return this.#options.channel
  }

  /** What the browser builds its receiving transport from. */
  get transport(): OutputOf<'camera.join'>['transport'] {
    const { id, iceParameters, iceCandidates, dtlsParameters } = this.#transport
    return {
      id,
      iceParameters: { ...iceParameters },
      iceCandidates: iceCandidates.map((candidate) => ({ ...candidate })),
      dtlsParameters: { ...dtlsParameters },
    }
  }

  /** Our end of the transport. */
  get ice(): OurTransport {
    return this.#transport
  }

  /** New ICE credentials, for a browser whose network has changed. */
  async restartIce(): Promise<types.IceParameters> {
    try {
      return await answered(this.#transport.restartIce(), 'new ICE credentials')
    } catch (cause) {
      throw this.#refuse('ICE could not be restarted', cause)
    }
  }

  /** Throws `input.invalid` when the parameters are bad, or come twice. */
  async connect(dtlsParameters: unknown): Promise<void> {
    const parsed = parseDtlsParameters(dtlsParameters)
    if (this.#connecting) throw this.#refuse('this viewer is connected already')
    this.#connecting = true
    try {
      await answered(this.#transport.connect({ dtlsParameters: parsed }), 'the connection')
    } catch (cause) {
      this.#connecting = false
      throw this.#refuse('the DTLS parameters were refused', cause)
    }
  }

  /** Throws `input.invalid` when the capabilities are bad, `media.unavailable` when they do not include the camera's codec. */
  async consume(rtpCapabilities: unknown): Promise<OutputOf<'camera.consume'>> {
    const parsed = parseRtpCapabilities(rtpCapabilities)
    const { router, producer } = this.#options.live
    if (this.#consuming) throw this.#refuse('this viewer has its picture already')
    if (!router.canConsume({ producerId: producer.id, rtpCapabilities: parsed })) {
      const codec = producer.rtpParameters.codecs[0]?.mimeType
      const message = `this browser cannot show ${codec}: set another codec for ${this.channel.camera} in bench.yaml`
      throw new BenchError('media.unavailable', message, { device: this.channel.camera })
    }
    this.#consuming = true
    try {
      const consumer = await answered(
        this.#transport.consume({
          producerId: producer.id,
          rtpCapabilities: parsed,
          paused: true,
        }),
        'the stream',
      )
      this.#consumer = consumer
      consumer.once('producerclose', () => this.end())
      return {
        id: consumer.id,
        producerId: producer.id,
        kind: 'video',
        rtpParameters: { ...consumer.rtpParameters },
      }
    } catch (cause) {
      this.#consuming = false
      throw this.#refuse('the RTP capabilities were refused', cause)
    }
  }

  /** The picture flows. mediasoup asks the camera for a key frame now, and again when DTLS is done. */
  async resume(): Promise<void> {
    if (!this.#consumer) throw this.#refuse('ask for the picture first (camera.consume)')
    await answered(this.#consumer.resume(), 'the stream')
  }

  #refuse(message: string, cause?: unknown): BenchError {
    if (this.#ended)
      return new BenchError('media.unavailable', `${this.channel.camera} ended under way: join again`, {
        device: this.channel.camera,
      })
    // The worker's fault, and nobody's input.
    if (cause instanceof BenchError) return cause
    return new BenchError('input.invalid', message, { device: this.channel.camera, cause })
  }

  /** Ends it, once; any time. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#reaper)
    this.#transport.close()
    this.#options.onEnd()
  }
}
