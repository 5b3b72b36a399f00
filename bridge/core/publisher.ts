import type { types } from 'mediasoup-client'
import type { Codec } from '../../shared/camera.ts'

/** Where a camera's process sends H.264: plain RTP and RTCP on one UDP socket. */
export interface RtpTarget {
  codec: 'h264'
  host: string
  port: number
  ssrc: number
  payloadType: number
  /** The id of the playout-delay header extension: sent, it tells browsers to show each picture at once. */
  playoutDelayId?: number | undefined
}

/** What a camera's process builds its own WebRTC sender from (VP8). */
export interface WebRtcTarget {
  codec: 'vp8'
  routerRtpCapabilities: types.RtpCapabilities
  transport: types.TransportOptions
}

export type PublishTarget = RtpTarget | WebRtcTarget

/** One camera's place in the SFU, for as long as its process lives. */
export interface Publication {
  /** Only VP8: the sender's half of the DTLS handshake. */
  connect(dtlsParameters: types.DtlsParameters): Promise<void>
  /** Only VP8: the sender describes its stream. Answers the producer's id. */
  produce(rtpParameters: types.RtpParameters): Promise<string>
  close(): void
}

/** What the SFU tells a camera. */
export interface Sending {
  /** Where to send; another place whenever the SFU had to move it (a worker died): the sender starts anew there. */
  target(target: PublishTarget): void
  /** Whether anybody watches: while nobody does, nothing has to be sent. */
  watched(watched: boolean): void
}

/** The SFU as a camera knows it. */
export interface Publisher {
  /** Makes room for a camera's stream. */
  publish(camera: string, codec: Codec, sending: Sending): Publication
}
