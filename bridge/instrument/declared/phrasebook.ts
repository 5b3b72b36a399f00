import { BenchError } from '../../../shared/wire/errors.ts'
import type { DriverContext } from '../../device/device.ts'
import { parseScpiError, type ScpiError } from '../scpi/errors.ts'
import { showErrors } from '../show-errors.ts'
import type { ExchangeOptions, Wire } from '../scpi/wire.ts'
import type { Entries, Reading, Setting } from './entries.ts'
import type { Polled } from './poller.ts'
import { choiceOf } from './setting-value.ts'
import { kindOf, parseAnswer } from './value.ts'
import type { Taken } from './values.ts'

/** What a job has asked already: what several entries are taken from is asked once. */
export type Answers = Map<string, string>

/** Asks for one entry, with the line. */
export type Ask = (wire: Wire, options?: { signal?: AbortSignal; answers?: Answers }) => Promise<Taken>

/** How a declared instrument is spoken to: its questions by name, its commands with its error queue behind each. */
export class Phrasebook {
  readonly #entries: Entries
  readonly #context: DriverContext<'instrument'>
  readonly #asks = new Map<string, Ask>()
  /** How many readings are numbers: the columns of the stream. */
  readonly columns: number

  constructor(entries: Entries, context: DriverContext<'instrument'>) {
    this.#entries = entries
    this.#context = context
    const columns = columnsOf(entries)
    this.columns = columns.size
    for (const reading of entries.readings.values())
      this.#asks.set(reading.name, askReading(reading, columns.get(reading.name)))
    for (const setting of entries.settings.values()) {
      const ask = askSetting(setting)
      if (ask) this.#asks.set(setting.name, ask)
    }
  }

  /** How a reading or setting is asked for; undefined for what cannot be. */
  asked(name: string): Ask | undefined {
    return this.#asks.get(name)
  }

  /** Those that can be asked for, for an error's text. */
  names(): string {
    return [...this.#asks.keys()].join(', ') || 'none'
  }

  /** What is asked again and again; those of `taken` have just been. */
  polled(taken: readonly Taken[]): Polled[] {
    const known = new Set(taken.map(({ name }) => name))
    const { readings, settings, indicators } = this.#entries
    return [...readings.values(), ...settings.values()].flatMap(({ name, everyMs }) => {
      const ask = this.#asks.get(name)
      const emission = indicators.includes(name)
      return ask ? [{ name, everyMs, ask, known: known.has(name), emission }] : []
    })
  }

  /** Sends a command and, of an instrument that has a queue, asks what it says of it. Rejects with `scpi.error`. */
  async command(wire: Wire, text: string, options: ExchangeOptions): Promise<void> {
    if (this.#entries.errors === 'queue') await wire.command(text, options)
    else wire.write(text)
  }

  /** Empties the error queue into the topic. */
  async drain(wire: Wire): Promise<ScpiError[]> {
    if (this.#entries.errors === 'none') return []
    const errors = await wire.drainErrors()
    showErrors(this.#context, errors)
    return errors
  }

  /** The instrument's own words in an error of `command` belong in the topic too. */
  noteErrorsOf(error: unknown): void {
    if (error instanceof BenchError && error.code === 'scpi.error' && Array.isArray(error.cause))
      showErrors(this.#context, error.cause as ScpiError[])
  }

  /** What one read of the error queue has given belongs in the topic too. */
  noteError(answer: string): void {
    try {
      const error = parseScpiError(answer)
      if (error) showErrors(this.#context, [error])
    } catch (error) {
      this.#context.log.warn({ error }, 'what the error queue answers is no entry of one')
    }
  }
}

/** Which column of the stream each number has. */
export function columnsOf({ readings }: Entries): Map<string, number> {
  const numbers = [...readings.values()].filter(({ parse }) => kindOf(parse, undefined) === 'number')
  return new Map(numbers.map(({ name }, column) => [name, column]))
}

function askReading({ name, query, parse, limits, deadlineMs }: Reading, column: number | undefined): Ask {
  const kind = kindOf(parse, undefined)
  return async (wire, { signal, answers } = {}) => {
    const answer = answers?.get(query) ?? (await wire.query(query, { deadlineMs, signal }))
    answers?.set(query, answer)
    return { name, column, limits, ...parseAnswer(answer, parse, kind) }
  }
}

function askSetting(setting: Setting): Ask | undefined {
  const { query, deadlineMs } = setting
  if (query === undefined) return undefined
  return async (wire, { signal } = {}) =>
    settingTaken(setting, await wire.query(query, { deadlineMs, signal }))
}

/** What a setting's answer says. */
export function settingTaken(setting: Setting, answer: string): Taken {
  const { name, parse, type } = setting
  const parsed = parseAnswer(answer, parse, kindOf(parse, type))
  const isChoice = type === 'choice' && typeof parsed.value === 'string'
  return {
    name,
    ...parsed,
    ...(isChoice && { value: choiceOf(setting, String(parsed.value)) }),
    wanted: true,
  }
}
