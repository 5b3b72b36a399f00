import type { types } from 'mediasoup-client'
import type { CameraSettings, CameraState, Codec } from '../../shared/camera.ts'
import type { PublishTarget } from '../core/publisher.ts'
import type { PartMessage } from './bridge-parts.ts'

/** A simulated microscope. Exposure in ms, gain in dB. */
export interface SimSource {
  kind: 'sim'
  width: number
  height: number
  fps: number
  seed: number
}

/** Whatever FFmpeg's libraries can read. `live` is played as it comes, anything else at its own rate. */
export interface FileSource {
  kind: 'file'
  url: string
  width?: number | undefined
  height?: number | undefined
  loop: boolean
  live: boolean
}

export type Source = SimSource | FileSource

/** Everything a camera's process needs to begin. */
export interface CameraStart {
  source: Source
  codec: Codec
  bitrateKbps: number
  /** Encode also while nobody watches. */
  stayAwake?: boolean | undefined
  settings: CameraSettings
}

type Shown = 'width' | 'height' | 'bitDepth' | 'nominalFps' | 'settings' | 'ranges' | 'encoder'
/** What a camera says of itself once it runs. */
export type CameraAbout = Required<Pick<CameraState, Shown>>
export type CameraRates = NonNullable<CameraState['rates']>

/** Bridge to camera process. `answer` closes a `connect` or `produce` with the same request number. */
export type ToHost =
  | { type: 'start'; start: CameraStart }
  | { type: 'target'; target: PublishTarget }
  | { type: 'set'; request: number; settings: CameraSettings }
  | { type: 'watched'; watched: boolean }
  | PartMessage<'to'>
  | { type: 'answer'; request: number; producerId?: string; error?: string }
  | { type: 'end' }

/** Camera process to bridge. `connect` and `produce` are the VP8 sender's half of its handshake. */
export type FromHost =
  | { type: 'ready'; about: CameraAbout }
  | { type: 'failed'; reason: string }
  | { type: 'beat' }
  | { type: 'rates'; rates: CameraRates; droppedFrames: number }
  | { type: 'set'; request: number; settings: CameraSettings }
  | PartMessage<'from'>
  | { type: 'connect'; request: number; dtlsParameters: types.DtlsParameters }
  | { type: 'produce'; request: number; rtpParameters: types.RtpParameters }
  | { type: 'log'; level: 'info' | 'warn'; message: string }

/** How often a healthy process says so. */
export const BEAT_MS = 500
/** A process that has said nothing for so long hangs. */
export const HUNG_MS = 3000
