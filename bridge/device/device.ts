import type { FileHandle } from 'node:fs/promises'
import type { z } from 'zod'
import type { Role, Scope } from '../../shared/access/access.ts'
import type { CommandName, OutputOf, ParsedInputOf } from '../../shared/commands.ts'
import type { Family } from '../../shared/wire/device.ts'
import type { Stages } from '../../shared/diagnostics/diagnostics.ts'
import type { BenchError } from '../../shared/wire/errors.ts'
import type { FrameRequest } from '../../shared/camera/frames.ts'
import type { StillFormat } from '../../shared/camera/still.ts'
import type { TopicState } from '../../shared/topics.ts'
import type { Aim } from './aim.ts'
import type { DetectorModel } from './detector-model.ts'
import type { DeviceMemory } from '../core/device-memory.ts'
import type { GalleryKeeper } from './gallery-keeper.ts'
import type { DeviceGuard } from '../core/guard.ts'
import type { Logger } from '../core/log.ts'
import type { Publisher } from './publisher.ts'
import type { Sight } from './sight.ts'
import type { Stream, Subscription } from '../core/stream.ts'
import type { Topic } from '../core/topic.ts'
import type { TraceKeeper } from './trace-keeper.ts'

/** Who calls, as far as a handler may know. */
export interface Caller {
  /** A user's name, a token's, or `local`. */
  name: string
  role: Role
  via: 'session' | 'token' | 'local'
  /** The session or token, by a name that is no secret. */
  key: string
  /** The page or script: what a lease is held by. A secret of the bridge; others name it by `publicRefOf`. */
  client: string
  scope?: Scope | undefined
  /** The socket that it came over; none of a call over REST. */
  connection?: string
  /** For the log, the audit and the list of viewers. */
  address: string
  /** When the call arrived, on the clock of performance.now(). */
  arrivedAt: number
  /** Aborts when the caller is gone. */
  signal: AbortSignal
}

export type Handler<K extends CommandName> = (input: ParsedInputOf<K>, caller: Caller) => Promise<OutputOf<K>>
/** Handlers by command name; what a device leaves out it does not do. */
export type Handlers = { [K in CommandName]?: Handler<K> }

/** How a camera's process fares: its stages in the last minute, its share of one core in the last 5 s. */
export interface CameraLoad {
  stages: Stages
  cpuPercent: number | undefined
  memoryMiB: number
}

/** Where one viewer's frames go. The pixels are the same bytes for all viewers: nobody may write into them. */
export interface FrameSink {
  send(header: Uint8Array<ArrayBuffer>, pixels: Uint8Array<ArrayBuffer>): void
  /** Whether frames that were sent before still wait to leave. */
  isStuck(): boolean
}

/** One viewer's frames, until `close`. */
export interface FrameSubscription extends Subscription {
  readonly request: FrameRequest
  /** Answers what is asked for from now on; throws as `frames` does, and then all stays as it is. */
  change(change: Partial<FrameRequest>): FrameRequest
}

/** Hears of a JPEG picture, made at `madeAt` in ms since the epoch. */
export type JpegListener = (jpeg: Uint8Array, madeAt: number) => void

/** What came of a stop that has not failed: the device itself has proven that it is safe, or it was sent and nothing can prove it. */
export type StopOutcome = 'proven' | 'sent'

/** An open device. What it shows it writes into the topic it was given. */
export interface Device extends AsyncDisposable {
  commands: Handlers
  /**
   * Makes safe. What does it is on its way before this returns, past every queue and every answer that is owed. The
   * promise says what came of it: `proven` by a read-back of the device, never by an answer to something else; it rejects
   * when the proof failed or did not come.
   */
  stop(): Promise<StopOutcome>
  /** Ends light at once and nothing else, for devices that make it: nobody is there any more to answer for it. */
  endEmission?: (() => void) | undefined
  /** Ends motion at once and nothing else, for devices that move: whoever ordered it does not answer for it any more. */
  endMotion?: (() => void) | undefined
  /** Cameras: JPEG pictures for whoever cannot take WebRTC, encoded only while somebody listens; the answer ends it. */
  jpegs?(listener: JpegListener): () => void
  /** Cameras: frames to measure on, as one viewer wants them. Throws `input.invalid` for a region that is not there. */
  frames?(request: FrameRequest, window: number, sink: FrameSink): FrameSubscription
  /** Cameras: a still that is not kept, as an open file that is gone once it is closed; `by` is who asks for it. */
  still?(format: StillFormat, by: string): Promise<FileHandle>
  /** Turrets: for those who steer by what a camera sees. */
  readonly aim?: Aim
  /** Cameras: what is seen in their pictures. */
  readonly sight?: Sight
  /** Cameras: what their process said last of its stages and its load. */
  load?(): CameraLoad | undefined
}

/** What a driver is given. */
export interface DriverContext<F extends Family> {
  id: string
  /** Aborts when the device is to close. */
  signal: AbortSignal
  log: Logger
  state: Topic<TopicState<F>>
  /** Says that the open device is no more: it is closed, shown as faulted, and opened again. */
  fault: (error: BenchError) => void
  /** A stream of samples that browsers can open under this name while the device exists. */
  stream(name: string, columns: number): Stream
  guard: DeviceGuard
  memory: DeviceMemory
  /** Writes down in the audit what the driver did by itself: `action` as a command is named, `message` why. */
  did: (action: string, message: string) => void
  publisher: Publisher
  traces: TraceKeeper
  gallery: GalleryKeeper
  /** Object detectors of the user's, by name. */
  models?: Readonly<Record<string, DetectorModel>>
}

/** A driver is a value: what it is called in bench.yaml, what it can be told there, and how to open it. */
export interface Driver<F extends Family = Family, C extends z.ZodType = z.ZodType> {
  kind: string
  family: F
  config: C
  open(config: z.output<C>, context: DriverContext<F>): Promise<Device>
}

/** Declares a driver, keeping the type of its configuration. */
export function defineDriver<F extends Family, C extends z.ZodType>(driver: Driver<F, C>): Driver<F, C> {
  return driver
}
