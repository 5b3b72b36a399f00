import type { types } from 'mediasoup'
import type { Codec } from '../../../shared/camera/camera.ts'
import { routerCodecs } from '../codecs.ts'
import type { Offer, OfferedCodec } from './offer.ts'

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid'
/** What of a publisher's packets the SFU reads. Not the rotation of a phone: without it the phone turns its picture itself. */
const EXTENSIONS = [
  MID,
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
]
const FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb']

/** The stream that an offer promises, with this of its codecs, as the SFU wants it described. */
export function streamOf({ video }: Offer, codec: Codec, offered: OfferedCodec): types.RtpParameters {
  const { mimeType, clockRate, parameters = {} } = routerCodecs[codec]
  const extensions = video.extensions.filter(({ id, uri }) => id > 0 && id < 256 && EXTENSIONS.includes(uri))
  return {
    // Without an SSRC, and only then, the packets are known by their mid.
    ...(video.ssrc === undefined ? { mid: video.mid } : {}),
    codecs: [
      {
        ...{ mimeType, clockRate, payloadType: offered.payloadType },
        // Whatever profile it says: viewers are told of one, and their decoders heed the stream.
        parameters,
        rtcpFeedback: offered.feedback
          .filter(({ type, parameter = '' }) => FEEDBACK.includes(`${type} ${parameter}`.trim()))
          .map(({ type, parameter = '' }) => ({ type, parameter })),
      },
    ],
    headerExtensions: extensions.map(({ id, uri }) => ({ id, uri: uri as types.RtpHeaderExtensionUri })),
    encodings: [video.ssrc === undefined ? {} : { ssrc: video.ssrc }],
    rtcp: { cname: 'lightbench' },
  }
}

/** Whether the packets can be told from others on their transport. */
export function isKnownBy({ video }: Offer): boolean {
  return video.ssrc !== undefined || video.extensions.some(({ uri }) => uri === MID)
}
