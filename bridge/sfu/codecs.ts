import type { types } from 'mediasoup'
import type { Codec } from '../../shared/camera/camera.ts'

/**
 * What a camera's router carries: constrained baseline H.264 (RFC 6184 section 8.1), or VP8, under the payload types that
 * Chromium offers them with: whoever else offers those (WHEP) needs no router of their own.
 */
export const routerCodecs: Record<Codec, types.RouterRtpCodecCapability> = {
  h264: {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    preferredPayloadType: 108,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  vp8: { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000, preferredPayloadType: 96 },
}

/** Dynamic payload type of the plain RTP stream between a camera and the SFU: ours at both ends. */
export const PAYLOAD_TYPE = 96

const PLAYOUT_DELAY = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'

/** The router's id for the playout-delay header extension. */
export function playoutDelayId(router: types.Router): number | undefined {
  return router.rtpCapabilities.headerExtensions?.find(({ uri }) => uri === PLAYOUT_DELAY)?.preferredId
}

/** Describes the H.264 stream that a camera's process sends as plain RTP. */
export function plainRtpParameters(ssrc: number, delayId: number | undefined): types.RtpParameters {
  return {
    ...rtpStream('h264', { ssrc, payloadType: PAYLOAD_TYPE }),
    headerExtensions: delayId === undefined ? [] : [{ uri: PLAYOUT_DELAY, id: delayId }],
  }
}

/** Describes a stream of plain RTP. */
export function rtpStream(
  codec: Codec,
  { ssrc, payloadType }: { ssrc: number; payloadType: number },
): types.RtpParameters {
  const { mimeType, clockRate, parameters } = routerCodecs[codec]
  return {
    codecs: [
      {
        ...{ mimeType, clockRate, payloadType },
        parameters: parameters ?? {},
        rtcpFeedback: [
          { type: 'nack', parameter: 'pli' },
          { type: 'ccm', parameter: 'fir' },
        ],
      },
    ],
    headerExtensions: [],
    encodings: [{ ssrc }],
    rtcp: { cname: 'lightbench' },
  }
}
