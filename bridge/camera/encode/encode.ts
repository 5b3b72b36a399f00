import type { types } from 'mediasoup-client'
import type { CameraState } from '../../../shared/camera.ts'
import type { PublishTarget } from '../../core/publisher.ts'
import type { Picture } from '../frame.ts'

/** Encodes pictures and sends them to the SFU. */
export interface Sender {
  readonly about: NonNullable<CameraState['encoder']>
  /** Bytes sent and pictures encoded since the beginning. */
  readonly sent: { bytes: number; pictures: number }
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
