import type { DeclaredScalar, DeclaredValue } from '../../../../shared/declared.ts'
import { BenchError } from '../../../../shared/errors.ts'
import { readingsStream } from '../../../../shared/streams.ts'
import { epochMs } from '../../../core/clock.ts'
import { withDeadline } from '../../../core/deadline.ts'
import type { Caller, Device, DriverContext, Handlers } from '../../../core/device.ts'
import { attributed, DRIVER } from '../../../scpi/asker.ts'
import type { Session } from '../../../scpi/session.ts'
import type { Wire } from '../../../scpi/wire.ts'
import type { Action, Entries, Setting } from './entries.ts'
import { Phrasebook } from './phrasebook.ts'
import { learn, type Learnt } from './learn.ts'
import { Poller } from './poller.ts'
import { Safety } from './safety.ts'
import { checkValue, commandFor } from './setting-value.ts'
import { readTrace } from './trace.ts'
import { Values } from './values.ts'

/** How long a stop may take until the instrument has said that it is safe. */
const CONFIRM_MS = 5000
/** The supervisor gives a closing device two seconds. */
const CLOSE_MS = 1500

/** An open instrument that is declared: what can be asked of it follows from its entries. */
export class DeclaredInstrument implements Device {
  readonly #context: DriverContext<'instrument'>
  readonly #entries: Entries
  readonly #session: Session
  readonly #safety: Safety
  readonly #phrases: Phrasebook
  readonly #learnt: Learnt
  readonly #values: Values
  readonly #poller: Poller
  readonly #closed = new AbortController()
  readonly #polling: Promise<void>
  readonly commands: Handlers

  private constructor(
    session: Session,
    entries: Entries,
    phrases: Phrasebook,
    learnt: Learnt,
    context: DriverContext<'instrument'>,
  ) {
    this.#context = context
    this.#entries = entries
    this.#session = session
    this.#phrases = phrases
    this.#learnt = learnt
    this.#safety = new Safety(context.id, session, entries.safe)
    const columns = phrases.columns
    const stream = columns > 0 ? context.stream(readingsStream(context.id), columns) : undefined
    this.#values = new Values(context.state, stream)
    this.#values.take(learnt.taken, epochMs())
    this.#poller = new Poller(phrases.polled(learnt.taken), {
      session,
      values: this.#values,
      failed: async (wire) => void (await phrases.drain(wire)),
      log: context.log,
    })
    this.commands = attributed(this.#handlers())
    this.#polling = this.#poller.run(this.#closed.signal)
  }

  /**
   * Learns who the instrument is and how it is set, switches off what emits, then begins to poll. Rejects when it is
   * another than was declared, or does not answer as declared.
   */
  static async open(
    session: Session,
    resource: string,
    entries: Entries,
    context: DriverContext<'instrument'>,
  ): Promise<DeclaredInstrument> {
    const phrases = new Phrasebook(entries, context)
    const learnt = await session.run(
      'control',
      (wire) => learn(wire, resource, entries, phrases, context.id),
      context.signal,
    )
    context.state.put(learnt.state)
    return new DeclaredInstrument(session, entries, phrases, learnt, context)
  }

  async stop(): Promise<void> {
    this.#safety.send()
    if (this.#entries.safe.length > 0) await this.#confirmSafe(CONFIRM_MS)
  }

  endEmission(): void {
    if (!this.#entries.emits) return
    this.#safety.send()
    this.#confirmSafe(CONFIRM_MS).catch((error: unknown) =>
      this.#context.log.error({ error }, 'the instrument has not confirmed that its emission ended'),
    )
  }

  /** A message that is not this driver's may have switched light on. */
  lightComes(): void {
    this.#othersMayHaveChanged()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    if (this.#entries.emits) {
      this.#safety.send()
      await this.#confirmSafe(CLOSE_MS).catch((error: unknown) =>
        this.#context.log.error({ error }, 'closed before the instrument confirmed that its emission ended'),
      )
    }
    this.#session[Symbol.dispose]()
    await this.#polling
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
        'instrument.safe': async () => {
          await this.stop()
          return {}
        },
      }),
      'instrument.trace': async ({ trace: name }, caller) => {
        const trace = this.#find('trace', this.#entries.traces, name)
        const { id: device, state, traces } = this.#context
        const ticket = this.#safety.ticket()
        const signal = this.#until(caller)
        const progress = (bytes: number, of: number): void => state.put({ download: { bytes, of } })
        try {
          const { draft, facts } = await this.#say('bulk', signal, async (wire) => {
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

  /** Rejects unless the instrument itself says that it is safe now. */
  async #confirmSafe(ms: number): Promise<void> {
    // In the driver's own name: a stop is confirmed whoever has locked the instrument for themselves.
    const asked = this.#session.run('control', (wire) => this.#phrases.readSafe(wire), undefined, DRIVER)
    const taken = await withDeadline(asked, ms, 'making safe', { device: this.#context.id })
    this.#values.take(taken, epochMs())
    const on = taken.filter(({ value }) => value !== false).map(({ name }) => name)
    if (on.length === 0) return
    const message = `${this.#context.id} was told to be safe, and ${on.join(', ')} is not off: switch it off at the instrument`
    throw new BenchError('scpi.error', message, { device: this.#context.id })
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
