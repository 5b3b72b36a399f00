import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import { powerStream } from '../../../shared/wire/streams.ts'
import { epochMs } from '../../core/clock.ts'
import type { Stream } from '../../core/stream.ts'
import type { Topic } from '../../core/topic.ts'
import type { Wire } from '../scpi/wire.ts'
import { CHANNELS, readPowerUnit } from './detector.ts'
import type { Look } from './poller.ts'
import { toDbm } from './quantity.ts'

/** An input without light answers nothing useful for long; the poll must not wait as long as a person would. */
export const POLL_DEADLINE_MS = 1000
/** A unit may be changed at the instrument itself, and a number in another unit is a wrong one. */
const UNITS_EVERY_MS = 5000

/** A detector module, and how often its powers are read. */
export interface ModulePlace {
  module: number
  powersPerSecond: number
}

/**
 * The live powers of one module: one poll, whoever looks at its stream. The stream is in dBm whatever the detectors are
 * set to show, since interlocks compare it with limits.
 */
export class Powers implements Look {
  readonly module: number
  readonly ratePerS: number
  readonly streamName: string
  readonly #stream: Stream
  readonly #state: Topic<InstrumentState>
  readonly #first: boolean
  #skipped = 0
  #unitsAt = performance.now()

  /** The first module's stream has the instrument's own name. */
  constructor(
    { module, powersPerSecond }: ModulePlace,
    first: boolean,
    device: { id: string; state: Topic<InstrumentState>; stream: (name: string, columns: number) => Stream },
  ) {
    this.module = module
    this.ratePerS = powersPerSecond
    this.#first = first
    this.streamName = powerStream(device.id, first ? undefined : module)
    this.#stream = device.stream(this.streamName, CHANNELS.length)
    this.#state = device.state
  }

  everyMs(): number {
    return 1000 / this.ratePerS
  }

  async look(wire: Wire): Promise<void> {
    if (this.#state.value.ctp10 && performance.now() - this.#unitsAt > UNITS_EVERY_MS)
      await this.#readUnits(wire)
    const { detectors } = this.#state.value.ctp10?.modules[String(this.module)] ?? {}
    const powers: number[] = []
    for (let channel = 1; channel <= CHANNELS.length; channel++) {
      const query = `:CTP:SENS${this.module}:CHAN${channel}:POW?`
      const value = await wire.number(query, { deadlineMs: POLL_DEADLINE_MS })
      powers.push(toDbm(value, detectors?.[String(channel)]?.powerUnit ?? 'dBm'))
    }
    this.#stream.push(epochMs(), powers)
    this.#show({ heldBy: null })
  }

  skipped(): void {
    this.#skipped += 1
    this.#show({ skipped: this.#skipped })
  }

  /** Says why the powers stand still. */
  held(by: string): void {
    this.#show({ heldBy: by })
  }

  async #readUnits(wire: Wire): Promise<void> {
    this.#unitsAt = performance.now()
    for (let channel = 1; channel <= CHANNELS.length; channel++) {
      const powerUnit = await readPowerUnit(wire, this.module, channel)
      const detectors = { [String(channel)]: { powerUnit } }
      this.#state.merge({ ctp10: { modules: { [String(this.module)]: { detectors } } } })
    }
  }

  #show(part: { heldBy?: string | null; skipped?: number }): void {
    if (this.#state.value.ctp10) this.#state.merge({ ctp10: { modules: { [String(this.module)]: part } } })
    if (this.#first) this.#state.merge({ power: part })
  }
}
