import { randomUUID } from 'node:crypto'
import type { types } from 'mediasoup'
import type { Codec } from '../../shared/camera/camera.ts'
import type { OpenInlet, WhipInlet } from '../device/publisher.ts'
import { answered } from './answered.ts'
import { Exchange, type Begun, type Offering } from './exchange.ts'
import { ExchangeError } from './exchange-error.ts'
import type { Entering } from './ingest.ts'
import { Intake } from './intake.ts'
import { writeAnswer } from './sdp/answer.ts'
import { chooseCodec } from './sdp/choose.ts'
import { type Offer, type OfferedCodec, readOffer } from './sdp/offer.ts'
import { isKnownBy, streamOf } from './sdp/sent-by.ts'
import { parseDtlsParameters } from './untrusted.ts'

const CONNECT_MS = 10_000
/** Who has not been heard of for so long has gone: others may want the place. */
const SILENT_S = 10

/** Makes a camera's way into the SFU. */
export type Enter = (camera: string, codec: Codec, enter: (entering: Entering) => Intake) => Intake

interface Publishing {
  session: string
  offering: Offering
  since: number
  end: () => void
}

/** Publishing by WHIP (RFC 9725) into the cameras that wait for it, one publisher each. */
export class Whip implements Disposable {
  readonly exchange = new Exchange()
  readonly #enter: Enter
  readonly #inlets = new Map<string, WhipInlet>()
  readonly #publishing = new Map<string, Publishing>()

  constructor(enter: Enter) {
    this.#enter = enter
  }

  /** Lets others publish into a camera. */
  receive(camera: string, inlet: WhipInlet): OpenInlet {
    this.#inlets.set(camera, inlet)
    return {
      at: `/whip/${camera}`,
      [Symbol.dispose]: () => {
        this.#inlets.delete(camera)
        this.#publishing.get(camera)?.end()
      },
    }
  }

  /** Answers an offer to send a camera's picture. Rejects with 400, 404, 406, 409 or 422. */
  async begin(camera: string, sdp: string, offering: Offering): Promise<Begun> {
    const inlet = this.#inlets.get(camera)
    if (!inlet) {
      const message = `nothing can be published to ${camera}: give it the driver camera.whip in bench.yaml`
      throw new ExchangeError(404, 'device.unsupported', message, camera)
    }
    const offer = readOffer(sdp)
    if (offer.video.direction === 'recvonly' || offer.video.direction === 'inactive')
      throw new ExchangeError(422, 'input.invalid', 'the offer does not want to send video', camera)
    if (!isKnownBy(offer))
      throw new ExchangeError(
        422,
        'input.invalid',
        'the offer tells its video by neither a=ssrc nor mid',
        camera,
      )
    const dtls = parseDtlsParameters(offer.dtls)
    const { codec, offered } = codecFor(offer, camera)
    this.#makeRoom(camera, offering)

    const session = randomUUID()
    const { name, address } = offering.caller
    const since = Date.now()
    const intake = this.#enter(camera, codec, (entering) => new Intake(entering))
    const end = (): void => {
      clearTimeout(reaper)
      intake.close()
      this.exchange.forget(session)
      if (this.#publishing.get(camera)?.session !== session) return
      this.#publishing.delete(camera)
      inlet.onPusher(undefined)
    }
    const reaper = setTimeout(end, CONNECT_MS)
    this.#publishing.set(camera, { session, offering, since, end })
    try {
      return await intake.open(async (router, server) => {
        const transport = await answered(
          router.createWebRtcTransport({
            ...{ webRtcServer: server, enableUdp: true, enableTcp: true, preferUdp: true },
            iceConsentTimeout: SILENT_S,
          }),
          'a transport',
        )
        await answered(transport.setMaxIncomingBitrate(inlet.bitrateKbps * 1000), 'the bit rate')
        const producer = await answered(
          transport.produce({
            kind: 'video',
            rtpParameters: streamOf(offer, codec, offered),
          }),
          'the stream',
        )
        follow(
          transport,
          () => {
            clearTimeout(reaper)
            inlet.onPusher({ name, address, codec, since })
            intake.show(producer)
          },
          end,
        )
        await answered(transport.connect({ dtlsParameters: dtls }), 'the connection')
        const { codecs, headerExtensions = [] } = producer.rtpParameters
        const answer = writeAnswer(
          offer,
          {
            ...{ direction: 'recvonly', codec: offered, mostKbps: inlet.bitrateKbps },
            feedback: codecs[0]?.rtcpFeedback ?? [],
            extensions: headerExtensions,
          },
          transport,
        )
        const peer = {
          ice: transport,
          restartIce: () => answered(transport.restartIce(), 'new ICE credentials'),
          end,
        }
        return { session, answer, etag: this.exchange.add(session, camera, offer, offering, peer) }
      })
    } catch (error) {
      end()
      throw error
    }
  }

  /** One publishes at a time; who comes again with the same token is whom the bridge has not yet seen leave. */
  #makeRoom(camera: string, { caller }: Offering): void {
    const other = this.#publishing.get(camera)
    if (!other) return
    if (other.offering.caller.key !== caller.key) {
      const { name, address } = other.offering.caller
      const message = `${name} (${address}) publishes to ${camera} already, since ${new Date(other.since).toISOString()}: one at a time`
      throw new ExchangeError(409, 'device.busy', message, camera)
    }
    other.end()
  }

  [Symbol.dispose](): void {
    for (const { end } of [...this.#publishing.values()]) end()
    this.exchange[Symbol.dispose]()
  }
}

function follow(transport: types.WebRtcTransport, connected: () => void, end: () => void): void {
  transport.on('dtlsstatechange', (state) => {
    if (state === 'connected') connected()
    if (state === 'failed' || state === 'closed') end()
  })
  transport.on('icestatechange', (state) => {
    if (state === 'disconnected' || state === 'closed') end()
  })
  transport.observer.once('close', end)
}

/** H.264 where it is offered: no browser lacks it, and recordings keep it as it is. */
function codecFor(offer: Offer, camera: string): { codec: Codec; offered: OfferedCodec } {
  for (const codec of ['h264', 'vp8'] as const) {
    const offered = chooseCodec(offer, codec, 'receive')
    if (offered) return { codec, offered }
  }
  const message = `${camera} takes H.264 and VP8, and the offer has neither`
  throw new ExchangeError(406, 'media.unavailable', message, camera)
}
