import { randomInt } from 'node:crypto'
import type { types } from 'mediasoup'
import type { types as client } from 'mediasoup-client'
import type { Codec } from '../../shared/camera/camera.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { pause } from '../core/deadline.ts'
import type { Logger } from '../core/log.ts'
import type { Publication, Sending } from '../device/publisher.ts'
import { answered } from './answered.ts'
import { PAYLOAD_TYPE, plainRtpParameters, playoutDelayId, routerCodecs } from './codecs.ts'
import type { MediaWorker, Workers } from './worker.ts'

const RETRY_MS = 500

/** A stream that viewers can have. */
export interface Live {
  worker: types.Worker
  server: types.WebRtcServer
  router: types.Router
  producer: types.Producer
}

/** What a way into the SFU is made with: where to, and whom to tell. */
export interface Entering {
  camera: string
  codec: Codec
  workers: Workers
  log: Logger
  /** There is a picture for whoever joins. */
  onLive: (live: Live) => void
  /** There is none any more, or not until the next `onLive`. */
  onEnded: () => void
  onClosed: () => void
}

interface Options extends Entering {
  sending: Sending
}

/** One camera's way into the SFU: a router of its own on some worker, made anew when that worker dies. */
export class Ingest implements Publication {
  readonly #options: Options
  #transport: types.WebRtcTransport | undefined
  #router: types.Router | undefined
  #place: MediaWorker | undefined
  #release: (() => void) | undefined
  #attempt = 0
  #closed = false

  constructor(options: Options) {
    this.#options = options
    void this.#start()
  }

  async #start(): Promise<void> {
    const { camera, codec, log, workers } = this.#options
    const attempt = ++this.#attempt
    try {
      const place = await workers.acquire()
      if (this.#isOver(attempt)) return place.release()
      this.#release = place.release
      const router = await answered(
        place.worker.createRouter({ mediaCodecs: [routerCodecs[codec]] }),
        'a router',
      )
      if (this.#isOver(attempt)) return router.close()
      this.#router = router
      this.#place = place
      router.once('workerclose', () => this.#moved())
      if (codec === 'h264') await this.#receivePlain(router, place)
      else await this.#offerWebRtc(router, place)
    } catch (error) {
      if (this.#isOver(attempt)) return
      this.#giveBack()
      log.warn(error, `${camera}: no way into the SFU; trying again`)
      await pause(RETRY_MS, workers.closing)
      if (!this.#isOver(attempt) && !workers.closing.aborted) void this.#start()
    }
  }

  /** Whether what this attempt began is wanted no more: closed, or begun anew elsewhere. */
  #isOver(attempt: number): boolean {
    return this.#closed || attempt !== this.#attempt
  }

  async #receivePlain(router: types.Router, place: MediaWorker): Promise<void> {
    const transport = await answered(
      router.createPlainTransport({
        listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
        rtcpMux: true,
        comedia: true,
      }),
      'a transport',
    )
    const ssrc = randomInt(1, 2 ** 31)
    const delayId = playoutDelayId(router)
    const producer = await answered(
      transport.produce({
        kind: 'video',
        rtpParameters: plainRtpParameters(ssrc, delayId),
      }),
      'the stream',
    )
    const { localAddress: host, localPort: port } = transport.tuple
    this.#options.sending.target({
      codec: 'h264',
      host,
      port,
      ssrc,
      payloadType: PAYLOAD_TYPE,
      playoutDelayId: delayId,
    })
    this.#options.onLive({ worker: place.worker, server: place.server, router, producer })
  }

  async #offerWebRtc(router: types.Router, place: MediaWorker): Promise<void> {
    const transport = await answered(
      router.createWebRtcTransport({ webRtcServer: place.server, enableTcp: false }),
      'a transport',
    )
    this.#transport = transport
    this.#options.sending.target({
      codec: 'vp8',
      routerRtpCapabilities: router.rtpCapabilities as client.RtpCapabilities,
      transport: {
        id: transport.id,
        iceParameters: transport.iceParameters,
        iceCandidates: transport.iceCandidates,
        dtlsParameters: transport.dtlsParameters,
      },
    })
  }

  async connect(dtlsParameters: client.DtlsParameters): Promise<void> {
    await answered(this.#sending().connect({ dtlsParameters }), 'the connection')
  }

  async produce(rtpParameters: client.RtpParameters): Promise<string> {
    const transport = this.#sending()
    const producer = await answered(
      transport.produce({
        kind: 'video',
        rtpParameters: rtpParameters,
      }),
      'the stream',
    )
    if (this.#router && this.#place) {
      const { worker, server } = this.#place
      this.#options.onLive({ worker, server, router: this.#router, producer })
    }
    return producer.id
  }

  #sending(): types.WebRtcTransport {
    if (this.#transport) return this.#transport
    throw new BenchError('media.unavailable', `${this.#options.camera} has no WebRTC transport to send on`)
  }

  /** The worker is gone: on to another. */
  #moved(): void {
    if (this.#closed) return
    this.#giveBack()
    this.#options.onEnded()
    void this.#start()
  }

  #giveBack(): void {
    this.#router?.close()
    this.#router = undefined
    this.#transport = undefined
    this.#release?.()
    this.#release = undefined
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#giveBack()
    this.#options.onEnded()
    this.#options.onClosed()
  }
}
