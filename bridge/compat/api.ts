import type { CommandName, InputOf, OutputOf } from '../../shared/commands.ts'
import type { Ctp10State, DetectorState, LaserState, TlsState } from '../../shared/instrument/ctp10.ts'
import { BEAT_LOST_MS, type ControlState } from '../../shared/control/control.ts'
import { BenchError, unwrap } from '../../shared/wire/errors.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import { pause } from '../core/deadline.ts'
import { publicRefOf } from '../core/client-ref.ts'
import type { Caller } from '../device/device.ts'
import type { Stream } from '../core/stream.ts'
import type { Topic } from '../core/topic.ts'
import type { TraceSource } from '../instrument/ctp10/trace.ts'
import type { Commands, FindDevice } from '../server/call.ts'
import { ApiError } from './api-error.ts'
import { RestBeats } from './rest-beats.ts'

const LOOK_EVERY_MS = 50

/** What exfo-ctp10-api's routes stand on: the one CTP10 of the bench, and the door that every command goes through. */
export interface ApiParts {
  id: string
  doors: Commands
  device: FindDevice
  state: Topic<InstrumentState>
  control: Topic<ControlState>
  findStream: (name: string) => Stream | undefined
  /** The caller still waits for what it asked: its lease does not lapse meanwhile. */
  stillThere: (caller: Caller) => void
}

/** The bench's CTP10 as exfo-ctp10-api's clients know it. */
export class Ctp10Api implements Disposable {
  readonly id: string
  readonly #parts: ApiParts
  readonly #beats: RestBeats<Caller>
  /** Who has answered a WebSocket's ping last, and when (performance.now()). */
  #ponged = { client: '', at: -Infinity }
  /** A client may disconnect from this API; the bench keeps its instrument. */
  #attached = true

  constructor(parts: ApiParts) {
    this.id = parts.id
    this.#parts = parts
    this.#beats = new RestBeats({
      beat: (caller) => this.ask('lease.beat', caller),
      isUnderWay: () =>
        [this.state.sweep?.phase, this.state.ctp10?.referencing?.phase].some(
          (phase) => phase === 'running' || phase === 'aborting',
        ),
      mayEmit: () => this.state.emission?.emitting === true,
    })
  }

  get state(): Readonly<InstrumentState> {
    return this.#parts.state.value
  }

  get connected(): boolean {
    return this.#attached && this.state.lifecycle.phase === 'ready' && this.state.ctp10 !== undefined
  }

  attach(attached: boolean): void {
    this.#attached = attached
  }

  /** What the instrument is set to. Throws 503 while there is none. */
  get ctp10(): Ctp10State {
    const { ctp10 } = this.state
    if (this.connected && ctp10) return ctp10
    throw new ApiError(503, 'Not connected to CTP10. Use POST /connection/connect first.')
  }

  get register(): number {
    return this.state.condition?.register ?? 0
  }

  /** The module that is meant when a request names none. */
  get defaultModule(): number {
    return this.state.power?.module ?? 4
  }

  /** Throws 500, as for anything that the instrument does not have. */
  detector(module: number, channel: number): DetectorState {
    const { modules } = this.ctp10
    const detector = modules[String(module)]?.detectors[String(channel)]
    if (detector) return detector
    const there = Object.keys(modules).join(', ')
    throw new ApiError(
      500,
      `there is no detector ${module}/${channel}; bench.yaml names the modules ${there}`,
    )
  }

  tls(channel: number): TlsState {
    return this.#numbered('TLS', this.ctp10.tls, channel)
  }

  laser(number: number): LaserState {
    return this.#numbered('reference laser', this.ctp10.lasers, number)
  }

  /** The newest powers of a module, in dBm; undefined before the first. */
  newestPowers(module: number): { time: number; values: readonly number[] } | undefined {
    const name = this.ctp10.modules[String(module)]?.stream
    return name === undefined ? undefined : this.#parts.findStream(name)?.newest
  }

  get traces(): TraceSource {
    // The driver of the device that this API stands for is the CTP10's.
    return this.#parts.device(this.id) as unknown as TraceSource
  }

  /** Whether this caller holds the bench's lease. */
  holds(caller: Caller): boolean {
    return this.#parts.control.value.lease?.client === publicRefOf(caller.client)
  }

  /** Calls a command of the CTP10. Throws the BenchError of one that fails. */
  async call<K extends CommandName>(
    name: K,
    input: Omit<InputOf<K>, 'device'>,
    caller: Caller,
  ): Promise<OutputOf<K>> {
    const whole = { ...input, device: this.id }
    return unwrap(await this.#parts.doors.call(name, whole, caller)) as OutputOf<K>
  }

  /** The same for what only the lease's holder may do: old clients know no lease, so a free one is taken for them. */
  async act<K extends CommandName>(
    name: K,
    input: Omit<InputOf<K>, 'device'>,
    caller: Caller,
  ): Promise<OutputOf<K>> {
    await this.takeLease(caller)
    return this.call(name, input, caller)
  }

  /**
   * The same for a sweep or a reference, which emit and end by themselves: old clients know no heartbeat, so their
   * requests are one as long as it lasts.
   */
  async actEmitting<K extends CommandName>(
    name: K,
    input: Omit<InputOf<K>, 'device'>,
    caller: Caller,
  ): Promise<OutputOf<K>> {
    await this.takeLease(caller)
    // The request is over long before the sweep is.
    await this.#beats.begin({ ...caller, signal: new AbortController().signal })
    return this.call(name, input, caller)
  }

  /** This caller has asked for something, or waits for the answer. */
  asked(caller: Caller): void {
    if (this.holds(caller)) this.#beats.asked()
  }

  /** A caller has answered a WebSocket's ping: for the lease's holder it is a beat. */
  ponged(caller: Caller): void {
    this.#ponged = { client: caller.client, at: performance.now() }
    // Somebody may have taken the lease this very moment: then it is theirs to beat.
    if (this.holds(caller)) this.ask('lease.beat', caller).catch(() => {})
  }

  /** Throws `heartbeat.lost` unless this caller's WebSocket answers: light that nothing ends by itself takes more than requests. */
  requirePongs({ client }: Caller): void {
    if (this.#ponged.client === client && performance.now() - this.#ponged.at <= BEAT_LOST_MS) return
    throw new BenchError(
      'heartbeat.lost',
      'a laser takes a heartbeat: open /ws/power or /ws/health and keep it open, so that it ends when this program does',
      { device: this.id },
    )
  }

  /** Takes the bench's lease for the caller when it is free. Throws `lease.held`, naming who holds it. */
  async takeLease(caller: Caller): Promise<void> {
    if (!this.holds(caller)) await this.ask('lease.take', caller)
  }

  /** A call of the bench itself, such as `lease.beat`. */
  async ask(name: CommandName, caller: Caller): Promise<void> {
    unwrap(await this.#parts.doors.call(name, {}, caller))
  }

  /** Waits while the instrument is being opened, but no longer than `ms`. */
  async whileOpening(ms: number, { signal }: Caller): Promise<void> {
    const end = performance.now() + ms
    const opens = (): boolean => ['opening', 'ready'].includes(this.state.lifecycle.phase)
    while (opens() && !this.connected && performance.now() < end) {
      if (!(await pause(LOOK_EVERY_MS, signal))) return
    }
  }

  /** Waits until `over`; false after `ms`. Throws 503 when the instrument is lost meanwhile. */
  async until(over: () => boolean, ms: number, caller: Caller): Promise<boolean> {
    const end = performance.now() + ms
    while (!over()) {
      if (performance.now() > end || !(await pause(LOOK_EVERY_MS, caller.signal))) return false
      if (!this.connected) throw new ApiError(503, 'the connection to the CTP10 was lost')
      this.#parts.stillThere(caller)
      this.asked(caller)
    }
    return true
  }

  [Symbol.dispose](): void {
    this.#beats[Symbol.dispose]()
  }

  #numbered<T>(what: string, all: Record<string, T>, number: number): T {
    const found = all[String(number)]
    if (found !== undefined) return found
    const there = Object.keys(all).join(', ') || 'none'
    throw new ApiError(500, `there is no ${what} ${number}; there are ${there}`)
  }
}
