import type { CameraSettings } from '../../../shared/camera/camera.ts'
import type { Handlers } from '../../device/device.ts'
import type { Capture } from './capture.ts'
import type { Report, VideoStream } from './encode.ts'
import type { Frame, Picture } from './frame.ts'
import type { CameraAbout } from './protocol.ts'
import type { Tap } from './tap.ts'

/** What a part of a camera's process works with. */
export interface PartContext<From> {
  readonly width: number
  readonly height: number
  readonly nominalFps: number
  /** The most that the video may take. */
  readonly bitrateKbps: number
  /** Every frame as it was captured; its data is used again for a later one, but not before two more have come. */
  readonly frames: Tap<Frame>
  /** Pictures at the pace of video, I420; the data is the next one's as soon as the follower returns. */
  readonly pictures: Tap<Picture>
  /** The coded video; undefined where libwebrtc keeps it to itself. */
  readonly stream: VideoStream | undefined
  /** Where the frames come from, for what is asked of the camera itself. */
  readonly capture: Pick<Capture, 'nodes' | 'trigger'>
  /** The settings as they are now. */
  settings(): CameraSettings
  /** Resolves when the message has left. */
  send(message: From): Promise<void>
  readonly report: Report
  /** Ends the whole process with this reason: it is started again. */
  fail(error: unknown): void
  /** Aborts when the process is asked to end; it goes 20 ms later, or when `closing` work that was named has ended. */
  readonly signal: AbortSignal
  /** Work that the end of the process waits for, 1 s at most. */
  closing(work: () => Promise<void>): void
}

/** One thing that a camera's process does beside sending video: in the process. */
export interface Part<To> {
  heard(message: To): void
}

/** The same thing's other half, in the bridge. It lives as long as the device, through any number of processes. */
export interface BridgePart<To, From> extends Disposable {
  /** What the camera can be asked for because of this part. */
  readonly commands: Handlers
  /** A process has begun to make pictures; `send` reaches it until `gone`. */
  began(send: (message: To) => void, about: CameraAbout): void
  heard(message: From): void
  /** The process has gone: what was asked of it will not be answered. */
  gone(): void
}
