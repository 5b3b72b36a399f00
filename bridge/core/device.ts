import type { z } from 'zod'
import type { Role, Scope } from '../../shared/access.ts'
import type { CommandName, OutputOf, ParsedInputOf } from '../../shared/commands.ts'
import type { Family } from '../../shared/device.ts'
import type { BenchError } from '../../shared/errors.ts'
import type { TopicState } from '../../shared/topics.ts'
import type { Logger } from './log.ts'
import type { Publisher } from './publisher.ts'
import type { Stream } from './stream.ts'
import type { Topic } from './topic.ts'
import type { TraceKeeper } from './trace-keeper.ts'

/** Who calls, as far as a handler may know. */
export interface Caller {
  /** A user's name, a token's, or `local`. */
  name: string
  role: Role
  via: 'session' | 'token' | 'local'
  /** The session or token, by a name that is no secret. */
  key: string
  /** The page or script: what a lease is held by. */
  client: string
  scope?: Scope | undefined
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

/** An open device. What it shows it writes into the topic it was given. */
export interface Device extends AsyncDisposable {
  commands: Handlers
  /**
   * Makes safe. What does it is on its way before this returns, past every queue and every answer that is owed; the
   * promise says that the device has confirmed it, and rejects when it has not.
   */
  stop(): Promise<void>
  /** Ends light at once and nothing else, for devices that make it: nobody is there any more to answer for it. */
  endEmission?(): void
  /** Cameras: JPEG pictures for whoever cannot take WebRTC, encoded only while somebody listens; the answer ends it. */
  jpegs?(listener: (jpeg: Uint8Array) => void): () => void
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
  publisher: Publisher
  traces: TraceKeeper
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
