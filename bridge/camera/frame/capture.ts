import type { CameraFeatures, CameraNode, DeviceSettings } from '../../../shared/camera/camera-features.ts'
import type { Sender, VideoStream } from './encode.ts'
import type { Frame } from './frame.ts'

/** The camera's features by its own names. Each call resolves when the camera has answered, and rejects with its reason. */
export interface CaptureNodes {
  list(): Promise<CameraNode[]>
  /** `value` is left out for a command. */
  set(name: string, value: CameraNode['value']): Promise<CameraNode>
}

/** Where frames come from: open, with its size known. */
export interface Capture {
  readonly width: number
  readonly height: number
  readonly bitDepth: number
  readonly nominalFps: number
  /** What it takes, and how it is set: both as the device says them now, which may not be what it said before. */
  readonly features: CameraFeatures
  readonly settings: DeviceSettings
  readonly temperatureC?: number | undefined
  /** Frames that never got here whole. */
  readonly lostFrames?: number
  readonly nodes?: CaptureNodes
  /** Video that the camera encodes itself. Such a one hands over frames only while they are wanted. */
  readonly stream?: VideoStream | undefined
  /** Where its video needs no sending: what stands in for that. */
  readonly sender?: Sender
  wantFrames?(wanted: boolean): void
  /**
   * Takes settings that are within `features`; what the camera does not have is ignored. Where frames have another shape
   * afterwards, `run` rejects with ShapeChanged soon after this resolves.
   */
  set(settings: DeviceSettings): Promise<void> | void
  /** Takes one frame where the trigger is `software`. */
  trigger?(): Promise<void>
  /**
   * Hands over frames until the signal aborts, or the source ends, or fails: then it rejects with the reason. A frame's
   * data is used again for a later frame, but not before two more have been handed over.
   */
  run(frame: (frame: Frame) => void, signal: AbortSignal): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Frames come in another shape from now on: whoever prepared for the old one has to begin anew. */
export class ShapeChanged extends Error {}

/** What was asked for is not in the camera's range, or not there at all. */
export class NotAccepted extends Error {}

/** The camera is not there, or what is needed to reach it is not installed: to try again at once would not help. */
export class CameraAbsent extends Error {}
