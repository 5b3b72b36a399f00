import type { InstrumentState, SweepState } from '../../../../shared/instrument.ts'
import { BenchError } from '../../../../shared/errors.ts'
import { powerStream } from '../../../../shared/streams.ts'
import { epochMs } from '../../../core/clock.ts'
import { pause, withDeadline } from '../../../core/deadline.ts'
import type { Device, DriverContext, Handlers } from '../../../core/device.ts'
import type { Stream } from '../../../core/stream.ts'
import type { ScpiError } from '../../../scpi/errors.ts'
import type { Session } from '../../../scpi/session.ts'
import type { Wire } from '../../../scpi/wire.ts'
import { activeConditions } from './condition.ts'
import { configureSweep, nextSweepState, readSweepSettings } from './sweep.ts'
import { readTrace } from './trace.ts'

/** Inputs of a detector module, in channel order (CTP10 user guide). */
const CHANNELS = ['IN1', 'IN2', 'TLS IN', 'OUT TO DUT']
/** An input without light answers nothing useful for long; the poll must not wait as long as a person would. */
const POLL_DEADLINE_MS = 1000
/** How soon a poll that found the line busy tries again. */
const BUSY_RETRY_MS = 20
const ERRORS_SHOWN = 10
const ABORT = ':ABOR'
/** How long an aborted sweep may take until the condition register is 0 again. */
const REST_MS = 5000

interface Settings {
  resource: string
  module: number
  powersPerSecond: number
}

/** An open CTP10: one session, its polls, and what people can ask of it. */
export class Ctp10 implements Device {
  readonly #session: Session
  readonly #settings: Settings
  readonly #context: DriverContext<'instrument'>
  readonly #powers: Stream
  readonly #closed = new AbortController()
  readonly #waitingForRest = new Set<{ since: number; resolve: () => void }>()
  #polling: Promise<void> = Promise.resolve()
  #skipped = 0

  private constructor(session: Session, settings: Settings, context: DriverContext<'instrument'>) {
    this.#session = session
    this.#settings = settings
    this.#context = context
    this.#powers = context.stream(powerStream(context.id), CHANNELS.length)
  }

  /** Learns who and how the instrument is, then begins to poll. Rejects when it does not answer as a CTP10 does. */
  static async open(
    session: Session,
    settings: Settings,
    context: DriverContext<'instrument'>,
  ): Promise<Ctp10> {
    const device = new Ctp10(session, settings, context)
    context.state.put(await session.run('control', (wire) => device.#learn(wire)))
    device.#polling = device.#poll()
    return device
  }

  commands: Handlers = {
    'sweep.start': async (wanted, caller) => {
      if (this.#sweep.phase === 'running' || this.#sweep.phase === 'aborting') {
        throw new BenchError('device.busy', 'a sweep is under way: abort it or wait for its end', {
          device: this.#context.id,
        })
      }
      const taken = await this.#say(async (wire) => {
        const settings = await configureSweep(wire, wanted)
        await wire.command(':INIT:IMM')
        return settings
      }, caller.signal)
      this.#context.state.put({ sweepSettings: taken, sweep: { phase: 'running', startedAt: Date.now() } })
      return taken
    },
    'sweep.abort': () => {
      this.#abort()
      return Promise.resolve({})
    },
    'trace.read': async (input, { signal }) => {
      const { id, state, traces } = this.#context
      const place = { device: id, module: this.#settings.module, channel: input.channel, type: input.type }
      const progress = (bytes: number, of: number): void => state.put({ download: { bytes, of } })
      try {
        const { draft, facts } = await this.#session.run(
          'bulk',
          (wire) => readTrace(wire, place, traces, progress, signal),
          signal,
        )
        return await draft.keep(facts)
      } finally {
        state.put({ download: undefined })
      }
    },
  }

  stop(): Promise<void> {
    this.#abort()
    const rest = Promise.withResolvers<void>()
    const waiting = { since: performance.now(), resolve: rest.resolve }
    this.#waitingForRest.add(waiting)
    const options = { device: this.#context.id, signal: this.#closed.signal }
    return withDeadline(rest.promise, REST_MS, 'coming to rest after the stop', options).finally(() =>
      this.#waitingForRest.delete(waiting),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    this.#session[Symbol.dispose]()
    await this.#polling
  }

  #abort(): void {
    this.#session.abort(ABORT)
    if (this.#sweep.phase === 'running') this.#context.state.merge({ sweep: { phase: 'aborting' } })
  }

  get #sweep(): SweepState {
    return this.#context.state.value.sweep ?? { phase: 'idle' }
  }

  async #learn(wire: Wire): Promise<Partial<InstrumentState>> {
    const [maker = '', model = '', serial = '', firmware = ''] = (await wire.query('*IDN?'))
      .split(',')
      .map((part) => part.trim())
    if (!model.toUpperCase().includes('CTP10')) {
      throw new BenchError(
        'device.faulted',
        `${this.#settings.resource} is a ${maker} ${model}, not a CTP10`,
        {
          device: this.#context.id,
        },
      )
    }
    this.#showErrors(await wire.drainErrors())
    const { module, powersPerSecond } = this.#settings
    return {
      resource: this.#settings.resource,
      identity: { maker, model, serial, firmware },
      power: { module, channels: CHANNELS, unit: 'dBm', ratePerS: powersPerSecond, skipped: 0 },
      sweepSettings: await readSweepSettings(wire),
      sweep: { phase: 'idle' },
    }
  }

  /** A job of a person: what the instrument complains of goes to that person and into the topic. */
  async #say<T>(job: (wire: Wire) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await this.#session.run('control', job, signal)
    } catch (error) {
      if (error instanceof BenchError && Array.isArray(error.cause))
        this.#showErrors(error.cause as ScpiError[])
      throw error
    }
  }

  #showErrors(errors: ScpiError[]): void {
    if (errors.length === 0) return
    const shown = [
      ...(this.#context.state.value.errors ?? []),
      ...errors.map((error) => ({ at: Date.now(), ...error })),
    ]
    this.#context.state.put({ errors: shown.slice(-ERRORS_SHOWN) })
    this.#context.log.warn({ errors }, 'the instrument reports errors')
  }

  async #poll(): Promise<void> {
    const periodMs = 1000 / this.#settings.powersPerSecond
    let due = performance.now()
    while (!this.#closed.signal.aborted) {
      const looked = this.#pollOnce()
      if (looked) due = Math.max(due + periodMs, performance.now())
      else if (performance.now() > due + periodMs) {
        due += periodMs
        this.#skipped += 1
        this.#context.state.merge({ power: { skipped: this.#skipped } })
      }
      await pause(looked ? due - performance.now() : BUSY_RETRY_MS, this.#closed.signal)
    }
  }

  /** Begins a poll; false when the line is somebody else's just now, and then says whose. */
  #pollOnce(): boolean {
    const { busyWith } = this.#session
    const begunAt = performance.now()
    const poll = this.#session.poll((wire) => this.#look(wire))
    if (!poll) {
      if (busyWith === 'bulk') this.#context.state.merge({ power: { heldBy: 'a trace download' } })
      return false
    }
    poll.then(
      ({ powers, at, register }) => {
        this.#powers.push(at, powers)
        if (register === 0) this.#rested(begunAt)
        this.#context.state.merge({ power: { heldBy: null } })
        this.#context.state.put({
          condition: { register, active: activeConditions(register) },
          sweep: nextSweepState(this.#sweep, register, this.#context.state.value.sweepSettings, Date.now()),
        })
      },
      (error: unknown) => {
        if (!this.#closed.signal.aborted) this.#context.log.warn({ error }, 'the poll failed')
      },
    )
    return true
  }

  /** The register was 0 when asked at `askedAt`: whoever stopped before that has the answer. */
  #rested(askedAt: number): void {
    for (const { since, resolve } of this.#waitingForRest) if (since < askedAt) resolve()
  }

  async #look(wire: Wire): Promise<{ powers: number[]; at: number; register: number }> {
    const deadline = { deadlineMs: POLL_DEADLINE_MS }
    const register = await wire.number(':STAT:OPER:COND?', deadline)
    const powers: number[] = []
    for (let channel = 1; channel <= CHANNELS.length; channel++) {
      powers.push(await wire.number(`:CTP:SENS${this.#settings.module}:CHAN${channel}:POW?`, deadline))
    }
    return { powers, at: epochMs(), register }
  }
}
