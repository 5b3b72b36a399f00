import type { types } from 'mediasoup-client'
import type { CameraFeatures } from '../../../shared/camera/camera-features.ts'
import type { CameraSettings, CameraState, Codec } from '../../../shared/camera/camera.ts'
import type { PublishTarget } from '../../device/publisher.ts'
import type { PartMessage } from '../device/bridge-parts.ts'
import type { SceneSource } from '../kinds/scene/source.ts'
import type { Answer } from '../process/requests.ts'

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

/** A network camera that speaks RTSP. */
export interface RtspSource {
  kind: 'rtsp'
  url: string
}

/** A GigE Vision or USB3 Vision camera. */
export interface AravisSource {
  kind: 'aravis'
  /** Its id, serial number or network address; undefined: the only one there is. */
  camera?: string | undefined
  /** Bytes a network packet; undefined: what the camera has, made smaller where that does not get through. */
  packetBytes?: number | undefined
}

/** A camera that Linux itself drives. */
export interface V4l2Source {
  kind: 'v4l2'
  path: string
  width?: number | undefined
  height?: number | undefined
  fps?: number | undefined
}

/** Video that somebody pushes into the SFU: its process has a copy of the packets, and sends nothing there itself. */
export interface PushedSource {
  kind: 'pushed'
  codec: Codec
}

export type Source =
  SimSource | SceneSource | FileSource | RtspSource | AravisSource | V4l2Source | PushedSource

/** Everything a camera's process needs to begin. */
export interface CameraStart {
  source: Source
  codec: Codec
  bitrateKbps: number
  /** Encode also while nobody watches. */
  stayAwake?: boolean | undefined
  pixelSizeUm?: number | undefined
  settings: CameraSettings
}

type Shown = 'width' | 'height' | 'bitDepth' | 'nominalFps' | 'settings' | 'features' | 'encoder'
/** What a camera says of itself once it runs. */
export type CameraAbout = Required<Pick<CameraState, Shown>>
export type CameraRates = NonNullable<CameraState['rates']>
/** How a camera stands, which may change by itself. */
export interface CameraStatus {
  settings: CameraSettings
  features: CameraFeatures
  temperatureC: number | undefined
  lastFrame: CameraState['lastFrame']
  clockSet: boolean
}

/** Bridge to camera process. `answer` closes a `connect`, `produce` or `tap` with the same request number. */
export type ToHost =
  | { type: 'start'; start: CameraStart }
  | { type: 'target'; target: PublishTarget }
  | { type: 'set'; request: number; settings: CameraSettings }
  | { type: 'watched'; watched: boolean }
  | PartMessage<'to'>
  | ({ type: 'answer'; request: number } & Answer)
  | { type: 'end' }

export type FailureKind = 'shape' | 'absent'

/** Camera process to bridge. `connect` and `produce` are the VP8 sender's half of its handshake. */
export type FromHost =
  | { type: 'ready'; about: CameraAbout }
  /** `shape`: on purpose, because frames have another shape now. `absent`: the camera is not there. */
  | { type: 'failed'; reason: string; why?: FailureKind | undefined }
  | { type: 'beat' }
  | { type: 'rates'; rates: CameraRates; droppedFrames: number; lostFrames: number | undefined }
  | { type: 'status'; status: CameraStatus }
  | { type: 'set'; request: number; status: CameraStatus }
  | { type: 'refused'; request: number; reason: string }
  | PartMessage<'from'>
  | { type: 'connect'; request: number; dtlsParameters: types.DtlsParameters }
  | { type: 'produce'; request: number; rtpParameters: types.RtpParameters }
  /** Have a copy of what is pushed in sent to this port of loopback; ask whoever pushes for a key frame. */
  | { type: 'tap'; request: number; port: number }
  | { type: 'wantKey' }
  | { type: 'log'; level: 'info' | 'warn'; message: string }

/** How often a healthy process says so. */
export const BEAT_MS = 500
/** A process that has said nothing for so long hangs. */
export const HUNG_MS = 3000
