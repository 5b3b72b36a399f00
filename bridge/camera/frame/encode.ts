import type { types } from 'mediasoup-client'
import type { CameraState } from '../../../shared/camera/camera.ts'
import type { PublishTarget } from '../../device/publisher.ts'
import type { Picture } from './frame.ts'
import type { Tap } from './tap.ts'

/** One coded picture: NAL units without start codes, parameter sets first where it is a key frame. `madeAt` in ms of the monotonic clock. */
export interface AccessUnit {
  units: Uint8Array[]
  isKey: boolean
  madeAt: number
}

/** H.264 as it comes, coded here or by the camera itself: sent to the SFU and recorded, by any number who follow. */
export interface VideoStream {
  readonly about: NonNullable<CameraState['encoder']>
  /** Nothing is coded while nobody follows. It begins, for the first who does, with a key frame. */
  readonly units: Tap<AccessUnit>
  /** A key frame comes with the next picture; where none comes within `ms`, the last picture is coded again as one. */
  wantKey(ms: number): void
}

/** Sends pictures to the SFU, and sleeps while nobody watches. */
export interface Sender {
  readonly about: NonNullable<CameraState['encoder']>
  /** Bytes sent and pictures encoded since the beginning. */
  readonly sent: { bytes: number; pictures: number }
  /** What it sends, for those who follow along; libwebrtc keeps its own to itself. */
  readonly stream: VideoStream | undefined
  /** Whether it has a use for pictures. */
  readonly awake: boolean
  /** Whether somebody watches. */
  watch(watched: boolean): void
  /** Sends to another place from now on, beginning with a key frame. */
  retarget(target: PublishTarget): Promise<void>
  /** Encodes and sends; resolves when the picture's data is free to be overwritten. */
  send(picture: Picture): Promise<void>
  close(): void
}

/** What a WebRTC sender needs answered by the SFU. */
export interface Signalling {
  connect(dtlsParameters: types.DtlsParameters): Promise<void>
  /** Answers the producer's id. */
  produce(rtpParameters: types.RtpParameters): Promise<string>
}

/** What an encoder is made for. */
export interface EncoderSettings {
  width: number
  height: number
  fps: number
  bitrateKbps: number
}

export type Report = (level: 'info' | 'warn', message: string) => void
