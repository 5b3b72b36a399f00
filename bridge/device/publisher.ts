import type { types } from 'mediasoup-client'
import type { Codec, Quality } from '../../shared/camera/camera.ts'

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
  /** Makes room for a camera's stream, in full quality unless said otherwise; what was there of that quality ends. */
  publish(camera: string, codec: Codec, sending: Sending, quality?: Quality): Publication
  /** Lets others push a camera's stream in, where anything can. Rejects with `config.invalid` when its port cannot be had. */
  receive?(camera: string, inlet: Inlet): Promise<OpenInlet>
  /** Copies what is pushed in to a UDP port of loopback. Rejects with `media.unavailable` while nothing is. */
  tap?(camera: string, port: number): Promise<Tap>
}

/** A copy of a stream's packets on its way to a port of this machine. */
export interface Tap extends Disposable {
  codec: Codec
  ssrc: number
  payloadType: number
  /** Asks whoever makes the pictures for a key frame. */
  wantKey(): Promise<void>
}

/** One who pushes a stream in, as others may know them. */
export interface Pusher {
  name: string
  address: string
  codec: Codec
  /** ms since the epoch. */
  since: number
}

interface AnyInlet {
  /** Hears who pushes now; undefined when nobody does any more. */
  onPusher: (pusher: Pusher | undefined) => void
}

/** By WebRTC, to the camera's address under /whip/. */
export interface WhipInlet extends AnyInlet {
  way: 'whip'
  /** The most that it may send. */
  bitrateKbps: number
}

/** By plain RTP, to a UDP port that takes RTCP too (RFC 5761). */
export interface RtpInlet extends AnyInlet {
  way: 'rtp'
  host: string
  /** 0 takes a free one. */
  port: number
  /** The port on which the sender listens for RTCP; undefined: the one that its own comes from. */
  rtcpPort?: number | undefined
  codec: Codec
}

export type Inlet = WhipInlet | RtpInlet

/** A camera that others may push into, until it is disposed of. */
export interface OpenInlet extends Disposable {
  /** Where to: a path of the bridge, or host and port. */
  at: string
}
