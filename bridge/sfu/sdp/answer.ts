import type { types } from 'mediasoup'
import { write } from 'sdp-transform'
import type { Offer, OfferedCodec, OfferedMedia } from './offer.ts'

/** Our end of the transport. */
export type OurTransport = Pick<types.WebRtcTransport, 'iceParameters' | 'iceCandidates' | 'dtlsParameters'>

/** The one picture that an offer and its answer agree on. */
export interface Agreed {
  direction: 'sendonly' | 'recvonly'
  codec: OfferedCodec
  feedback: { type: string; parameter?: string | undefined }[]
  extensions: { id: number; uri: string }[]
  /** What we send by. */
  ssrc?: number | undefined
  cname?: string | undefined
  /** The most that we take. */
  mostKbps?: number | undefined
}

/** Candidates as a session description has them (RFC 8839 section 5.1). */
export function describeIce({ iceParameters, iceCandidates }: OurTransport): object {
  return {
    iceUfrag: iceParameters.usernameFragment,
    icePwd: iceParameters.password,
    candidates: iceCandidates.map(({ foundation, priority, address, protocol, port, type, tcpType }) => ({
      ...{ foundation, component: 1, transport: protocol, priority, ip: address, port, type },
      ...(tcpType === undefined ? {} : { tcptype: tcpType }),
    })),
    endOfCandidates: 'end-of-candidates',
  }
}

/** Answers an offer: its first video as agreed, other media on the same transport inactive, the rest refused. */
export function writeAnswer(offer: Offer, agreed: Agreed, transport: OurTransport): string {
  const { dtlsParameters } = transport
  const print = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')
  if (!print) throw new Error('the transport has no SHA-256 fingerprint')
  const common = {
    ...describeIce(transport),
    fingerprint: { type: print.algorithm, hash: print.value },
    setup: offer.dtls.role === 'server' ? 'active' : 'passive',
    rtcpMux: 'rtcp-mux',
    connection: { version: 4, ip: '0.0.0.0' },
  }
  const kept = offer.media.filter((media) => isKept(offer, media))
  return write({
    version: 0,
    origin: {
      ...{ username: '-', sessionId: Date.now(), sessionVersion: 1 },
      ...{ netType: 'IN', ipVer: 4, address: '127.0.0.1' },
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    icelite: 'ice-lite',
    groups: offer.video.bundled ? [{ type: 'BUNDLE', mids: kept.map(({ mid }) => mid).join(' ') }] : [],
    msidSemantic: { semantic: 'WMS', token: '*' },
    media: offer.media.map((media) => {
      if (media === offer.video) return { ...common, ...describeVideo(media, agreed) }
      return kept.includes(media) ? { ...common, ...inactive(media) } : refused(media)
    }),
  })
}

/** Beside the video, what shares its transport stays, and carries nothing: clients find a refused first line harder. */
function isKept({ video }: Offer, media: OfferedMedia): boolean {
  if (media === video) return true
  return video.bundled && media.bundled && ['audio', 'video'].includes(media.kind) && media.codecs.length > 0
}

function describeVideo(media: OfferedMedia, agreed: Agreed): object {
  const { codec, direction, feedback, extensions, ssrc, cname = 'lightbench', mostKbps } = agreed
  return {
    ...lines(media, codec),
    direction,
    ...(mostKbps === undefined ? {} : { bandwidth: [{ type: 'AS', limit: mostKbps }] }),
    rtcpRsize: 'rtcp-rsize',
    rtcpFb: feedback.map(({ type, parameter }) => ({
      ...{ payload: codec.payloadType, type },
      ...(parameter ? { subtype: parameter } : {}),
    })),
    ext: extensions.map(({ id, uri }) => ({ value: id, uri })),
    ...(ssrc === undefined
      ? {}
      : {
          msid: [{ id: cname, appdata: 'video' }],
          ssrcs: [{ id: ssrc, attribute: 'cname', value: cname }],
        }),
  }
}

function inactive(media: OfferedMedia): object {
  return { ...lines(media, media.codecs[0]), direction: 'inactive' }
}

function lines({ kind, protocol, mid }: OfferedMedia, codec: OfferedCodec | undefined): object {
  if (!codec) throw new Error('a section without codecs is refused')
  const { payloadType: payload, rtpmap, fmtp } = codec
  return {
    ...{ type: kind, port: 9, protocol, payloads: String(payload), mid },
    rtp: [{ payload, ...rtpmap }],
    fmtp: fmtp === undefined ? [] : [{ payload, config: fmtp }],
  }
}

/** Port 0 refuses a section (RFC 3264 section 6). */
function refused({ kind, protocol, mid, payloads }: OfferedMedia): object {
  const connection = { version: 4, ip: '0.0.0.0' }
  return {
    type: kind,
    port: 0,
    protocol,
    payloads,
    mid,
    connection,
    direction: 'inactive',
    rtp: [],
    fmtp: [],
  }
}
