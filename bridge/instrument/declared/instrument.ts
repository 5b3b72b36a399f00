import type { DeclaredScalar, DeclaredValue } from '../../../shared/instrument/declared.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import { readingsStream } from '../../../shared/wire/streams.ts'
import { epochMs } from '../../core/clock.ts'
import type { Caller, Device, DriverContext, Handlers, StopOutcome } from '../../device/device.ts'
import type { SafePlan } from '../../core/safe-plan.ts'
import { attributed } from '../scpi/asker.ts'
import { EmissionSources } from '../scpi/emission-sources.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'
import { traceMayLight } from './dark.ts'
import type { Action, Entries, Setting } from './entries.ts'
import { Phrasebook, settingTaken } from './phrasebook.ts'
import { learn, type Learnt } from './learn.ts'
import { Poller } from './poller.ts'
import { safePlanOf } from './safe-plan.ts'
import { Safety } from './safety.ts'
import { checkValue, commandFor } from './setting-value.ts'
import { readTrace } from './trace.ts'
import { Values } from './values.ts'

/** How long a stop may take until the instrument has said that it is safe. */
const CONFIRM_MS = 5000
/** The supervisor gives a closing device two seconds. */
const CLOSE_MS = 1500

/** What a declared instrument is opened with. */
interface Opening {
  session: Session
  resource: string
  /** As of `wireOptions`. */
  wire: unknown
  entries: Entries
  /** Whether a program message may switch its light on; undefined where nothing of it emits. */
  mayLight: ((message: string) => boolean) | undefined
}

/** An open instrument that is declared: what can be asked of it follows from its entries. */
export class DeclaredInstrument implements Device {
  readonly #context: DriverContext<'instrument'>
  readonly #entries: Entries
  readonly #mayLight: Opening['mayLight']
  readonly #session: Session
  readonly #sources: EmissionSources
  readonly #safety: Safety
  readonly #phrases: Phrasebook
  readonly #learnt: Learnt & { plan: SafePlan | undefined }
  readonly #values: Values
  readonly #poller: Poller
  readonly #closed = new AbortController()
  /** Aborts the traces that are on their way; another for those that are asked for afterwards. */
  #downloads = new AbortController()
  readonly #polling: Promise<void>
  readonly commands: Handlers

  private constructor(
    { session, entries, mayLight }: Opening,
    phrases: Phrasebook,
    learnt: Learnt & { plan: SafePlan | undefined },
    sources: EmissionSources,
    context: DriverContext<'instrument'>,
  ) {
    this.#context = context
    this.#entries = entries
    this.#mayLight = mayLight
    this.#session = session
    this.#phrases = phrases
    this.#learnt = learnt
    this.#sources = sources
    const columns = phrases.columns
    const stream = columns > 0 ? context.stream(readingsStream(context.id), columns) : undefined
    this.#values = new Values(context.state, stream, (name, value) => sources.saw(name, value !== false))
    this.#values.take(learnt.taken, epochMs())
    this.#safety = new Safety({
      ...{ device: context.id, session, entries, plan: learnt.plan, sources },
      heard: (setting, answer) => {
        if (setting) this.#values.take([settingTaken(setting, answer)], epochMs())
        else phrases.noteError(answer)
      },
      settled: async (wire) => void (await phrases.drain(wire)),
    })
    this.#poller = new Poller(phrases.polled(learnt.taken), {
      session,
      values: this.#values,
      failed: async (wire) => void (await phrases.drain(wire)),
      mayEmit: () => sources.mayEmit,
      log: context.log,
    })
    this.commands = attributed(this.#handlers())
    this.#polling = this.#poller.run(this.#closed.signal)
  }

  /**
   * Learns who the instrument is and how it is set, switches off what emits, then begins to poll. Rejects when it is
   * another than was declared, or does not answer as declared.
   */
  static async open(opening: Opening, context: DriverContext<'instrument'>): Promise<DeclaredInstrument> {
    const { session, resource, wire, entries, mayLight } = opening
    const { guard } = context
    const plan = safePlanOf(entries, resource, wire)
    if (plan) guard.protect(plan)
    guard.ending('the connection was lost, and what it had lit was switched off when it was opened again')
    const sources = new EmissionSources(guard)
    sources.add(entries.indicators)
    const phrases = new Phrasebook(entries, context)
    const opens = (command: string): void => {
      // Nobody has asked for light: the guardian knows of it all the same until it was read back.
      if (mayLight?.(command)) sources.seenEmitting()
    }
    const learnt = await session.run(
      'control',
      (wire) => learn(wire, resource, entries, phrases, context.id, opens),
      context.signal,
    )
    context.state.put(learnt.state)
    // Each of its safe commands was taken, as its error queue says.
    if (entries.emits && entries.indicators.length === 0 && entries.errors === 'queue') sources.proven()
    return new DeclaredInstrument(opening, phrases, { ...learnt, plan }, sources, context)
  }

  stop(): Promise<StopOutcome> {
    const stopped = this.#safety.makeSafe(CONFIRM_MS)
    // What proves it is not to wait until a trace has come, which may take a minute.
    this.#downloads.abort()
    this.#downloads = new AbortController()
    return stopped
  }

  /** Undefined where nothing is declared to emit: then it can only be stopped as a whole. */
  get endEmission(): (() => void) | undefined {
    if (!this.#entries.emits) return undefined
    return () => void this.#darken(CONFIRM_MS, 'its emission was ended')
  }

  /** As of `Light.comes`. */
  lightComes(): void {
    this.#sources.lighting()
    this.#othersMayHaveChanged()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    this.#context.guard.ending('the bench has closed it')
    if (this.#entries.emits) await this.#darken(CLOSE_MS, 'it was closed')
    this.#session[Symbol.dispose]()
    await this.#polling
  }

  /** Never rejects. */
  async #darken(ms: number, what: string): Promise<void> {
    try {
      await this.#safety.makeSafe(ms)
    } catch (error) {
      this.#context.log.error({ error }, `${what}, and the instrument has not confirmed that it is dark`)
    }
  }

  #handlers(): Handlers {
    return {
      'instrument.read': ({ name }, caller) => this.#read(name, caller),
      'instrument.set': async ({ setting, value }, caller) => {
        const entry = this.#find('setting', this.#entries.settings, setting)
        if (entry.emits && value !== false) throw this.#onlyByEmit(setting)
        return this.#set(entry, value, caller)
      },
      'instrument.act': async ({ action }, caller) => {
        const entry = this.#find('action', this.#entries.actions, action)
        if (entry.emits) throw this.#onlyByEmit(action)
        await this.#act(entry, caller)
        return {}
      },
      'instrument.emit': async ({ setting, value, action }, caller) => {
        if (setting !== undefined && value !== undefined && action === undefined) {
          const entry = this.#find('setting', this.#entries.settings, setting)
          if (!entry.emits) throw this.#emitsNothing(setting, 'instrument.set')
          return { taken: await this.#set(entry, value, caller) }
        }
        if (action === undefined || setting !== undefined || value !== undefined)
          throw this.#refused('give either a setting with its value, or an action')
        const entry = this.#find('action', this.#entries.actions, action)
        if (!entry.emits) throw this.#emitsNothing(action, 'instrument.act')
        await this.#act(entry, caller)
        return {}
      },
      ...(this.#entries.safe.length > 0 && {
        'instrument.safe': async (_, { name }) => {
          this.#context.guard.ending(`${name} made it safe`)
          return { proven: (await this.stop()) === 'proven' }
        },
      }),
      'instrument.trace': async ({ trace: name }, caller) => {
        const trace = this.#find('trace', this.#entries.traces, name)
        const { id: device, state, traces } = this.#context
        const ticket = this.#safety.ticket()
        const signal = AbortSignal.any([this.#until(caller), this.#downloads.signal])
        const progress = (bytes: number, of: number): void => state.put({ download: { bytes, of } })
        try {
          const { draft, facts } = await this.#say('bulk', signal, async (wire) => {
            if (this.#mayLight && traceMayLight(trace, this.#mayLight)) this.#sources.lighting()
            for (const command of trace.before) {
              ticket()
              await this.#phrases.command(wire, command, { deadlineMs: trace.deadlineMs, signal })
            }
            return readTrace(wire, trace, { device, traces, progress, signal })
          })
          return await draft.keep(facts)
        } finally {
          state.put({ download: undefined })
        }
      },
    }
  }

  async #read(name: string, caller: Caller): Promise<DeclaredValue> {
    const polled = this.#phrases.asked(name)
    if (!polled) {
      throw this.#refused(
        `there is no reading or setting "${name}" to be read; there are ${this.#phrases.names()}`,
      )
    }
    const signal = this.#until(caller)
    const taken = await this.#say('control', signal, (wire) => polled(wire, { signal }))
    return this.#values.take([{ ...taken, wanted: true }], epochMs())[0]!
  }

  async #set(setting: Setting, value: DeclaredScalar, caller: Caller): Promise<DeclaredValue> {
    checkValue(setting, value, this.#learnt.ranges.get(setting.name) ?? {}, this.#context.id)
    const ticket = this.#safety.ticket()
    const signal = this.#until(caller)
    const ask = this.#phrases.asked(setting.name)
    try {
      const taken = await this.#say('control', signal, async (wire) => {
        ticket()
        if (setting.emits) this.#comes(setting.name, value !== false)
        await this.#phrases.command(wire, commandFor(setting, value), {
          deadlineMs: setting.deadlineMs,
          signal,
        })
        return ask ? ask(wire, { signal }) : { name: setting.name, value }
      })
      return this.#values.take([{ ...taken, wanted: true }], epochMs())[0]!
    } finally {
      this.#othersMayHaveChanged(setting.name)
    }
  }

  async #act(action: Action, caller: Caller): Promise<void> {
    const ticket = this.#safety.ticket()
    const options = { deadlineMs: action.deadlineMs, signal: this.#until(caller) }
    try {
      await this.#say('control', options.signal, async (wire) => {
        for (const command of action.commands) {
          ticket()
          if (action.emits) this.#sources.lighting()
          await this.#phrases.command(wire, command, options)
        }
      })
    } finally {
      this.#othersMayHaveChanged()
    }
  }

  /** One setting may move another, as a function moves its ranges. */
  #othersMayHaveChanged(but?: string): void {
    this.#poller.soon(new Set([...this.#entries.settings.keys()].filter((name) => name !== but)))
  }

  /** A setting that emits is about to be set. Throws `guardian.lost`, and then it is not to be. */
  #comes(setting: string, on: boolean): void {
    const isIndicator = this.#entries.indicators.includes(setting)
    if (!on) this.#sources.toldOff([setting])
    else if (isIndicator) this.#sources.lighting([setting])
    else this.#sources.lighting()
  }

  /** A job of a person: what the instrument complains of goes to that person and into the topic. */
  async #say<T>(lane: 'control' | 'bulk', signal: AbortSignal, job: (wire: Wire) => Promise<T>): Promise<T> {
    try {
      return await this.#session.run(lane, job, signal)
    } catch (error) {
      this.#phrases.noteErrorsOf(error)
      throw error
    }
  }

  #until(caller: Caller): AbortSignal {
    return AbortSignal.any([caller.signal, this.#closed.signal])
  }

  #find<E>(what: string, entries: Map<string, E>, name: string): E {
    const found = entries.get(name)
    if (found) return found
    const known = [...entries.keys()].join(', ') || 'none'
    throw this.#refused(`there is no ${what} "${name}"; there are ${known}`)
  }

  #onlyByEmit(name: string): BenchError {
    return this.#refused(`${name} may switch light on: use instrument.emit, which needs your heartbeat`)
  }

  #emitsNothing(name: string, instead: string): BenchError {
    return this.#refused(`${name} switches no light on: use ${instead}`)
  }

  #refused(what: string): BenchError {
    return new BenchError('input.invalid', `${this.#context.id}: ${what}`, { device: this.#context.id })
  }
}
