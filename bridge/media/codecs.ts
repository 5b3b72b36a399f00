import type { types } from 'mediasoup'
import type { Codec } from '../../shared/camera.ts'

/** What a camera's router carries: constrained baseline H.264 (RFC 6184 section 8.1), or VP8. */
export const routerCodecs: Record<Codec, types.RouterRtpCodecCapability> = {
  h264: {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  vp8: { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
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
  const { mimeType, clockRate, parameters } = routerCodecs.h264
  return {
    codecs: [
      {
        mimeType,
        clockRate,
        payloadType: PAYLOAD_TYPE,
        parameters: parameters ?? {},
        rtcpFeedback: [
          { type: 'nack', parameter: 'pli' },
          { type: 'ccm', parameter: 'fir' },
        ],
      },
    ],
    headerExtensions: delayId === undefined ? [] : [{ uri: PLAYOUT_DELAY, id: delayId }],
    encodings: [{ ssrc }],
    rtcp: { cname: 'lightbench' },
  }
}
