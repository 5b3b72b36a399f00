import { randomUUID } from 'node:crypto'
import type { types } from 'mediasoup'
import type { Caller } from '../device/device.ts'
import { routerCodecs } from './codecs.ts'
import { codecOf, inDialect } from './dialect.ts'
import { Exchange, type Begun, type Offering } from './exchange.ts'
import { ExchangeError } from './exchange-error.ts'
import type { Live } from './ingest.ts'
import { writeAnswer } from './sdp/answer.ts'
import { chooseCodec } from './sdp/choose.ts'
import { type Offer, type OfferedCodec, readOffer } from './sdp/offer.ts'
import type { Viewer } from './viewer.ts'

/** Seats a viewer of a camera: on the stream that `speak` makes of the camera's, until `onEnd`. */
export type Seat = (
  camera: string,
  caller: Caller,
  how: { speak: (live: Live) => Promise<Live>; onEnd: () => void },
) => Promise<Viewer>

/** Watching by WHEP (draft-ietf-wish-whep): an offer makes a viewer like any other. */
export class Whep implements Disposable {
  readonly exchange = new Exchange()
  readonly #seat: Seat

  constructor(seat: Seat) {
    this.#seat = seat
  }

  /** Answers an offer to receive a camera's picture. Rejects with 400, 406 or 422, or as `camera.join` does. */
  async begin(camera: string, sdp: string, offering: Offering): Promise<Begun> {
    const offer = readOffer(sdp)
    if (offer.video.direction === 'sendonly' || offer.video.direction === 'inactive')
      throw new ExchangeError(422, 'input.invalid', 'the offer does not want to receive video', camera)
    const session = randomUUID()
    const gone = new AbortController()
    let spoken: { codec: OfferedCodec; live: Live } | undefined
    // The request's own signal ends with its answer, the viewer does not.
    const caller = { ...offering.caller, signal: gone.signal }
    const viewer = await this.#seat(camera, caller, {
      speak: async (live) => {
        const codec = codecFor(offer, live, camera)
        spoken = { codec, live: await inDialect(live, codec.payloadType) }
        return spoken.live
      },
      onEnd: () => this.exchange.forget(session),
    })
    try {
      if (!spoken) throw new Error('a viewer without a stream')
      const { codec, live } = spoken
      const router = routerCodecs[codecOf(live)]
      const { rtpParameters } = await viewer.consume({
        codecs: [{ ...router, preferredPayloadType: codec.payloadType, rtcpFeedback: codec.feedback }],
        // mediasoup numbers header extensions as it likes: those that the offer numbers otherwise are not agreed upon, and
        // a receiver passes over them.
        headerExtensions: offer.video.extensions
          .filter(({ id }) => id > 0 && id < 256)
          .map(({ id, uri }) => ({ kind: 'video', uri, preferredId: id })),
      })
      const sent = rtpParameters as unknown as types.RtpParameters
      await viewer.connect(offer.dtls)
      const answer = writeAnswer(
        offer,
        {
          ...{ direction: 'sendonly', codec },
          feedback: sent.codecs[0]?.rtcpFeedback ?? [],
          extensions: sent.headerExtensions ?? [],
          ssrc: sent.encodings?.[0]?.ssrc,
        },
        viewer.ice,
      )
      const etag = this.exchange.add(session, camera, offer, offering, viewer)
      await viewer.resume()
      return { session, answer, etag }
    } catch (error) {
      viewer.end()
      this.exchange.forget(session)
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.exchange[Symbol.dispose]()
  }
}

function codecFor(offer: Offer, live: Live, camera: string): OfferedCodec {
  const codec = codecOf(live)
  const chosen = chooseCodec(offer, codec, 'send')
  if (chosen) return chosen
  const wanted = codec === 'h264' ? 'H.264 with packetization-mode=1' : 'VP8'
  throw new ExchangeError(
    406,
    'media.unavailable',
    `${camera} is sent as ${wanted}, which is not in the offer: offer it, or set another codec in bench.yaml`,
    camera,
  )
}
