import type { Referencing } from '../../../shared/instrument/ctp10.ts'
import type { InstrumentState } from '../../../shared/instrument/instrument.ts'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { Topic } from '../../core/topic.ts'
import type { Wire } from '../scpi/wire.ts'
import { activeConditions, isReferencing } from './condition.ts'
import type { Look } from './poller.ts'
import { POLL_DEADLINE_MS } from './powers.ts'
import { nextReferencing } from './reference.ts'
import { nextSweepState } from './sweep.ts'

/** What follows from a look at the register. */
interface WatchEvents {
  /** A reference has come to its end: its result is to be read. */
  referenced(reference: Referencing): void
  /** The register has been read, and is in the topic. */
  looked(): void
  /** The instrument has come to rest: whatever it did may have changed its settings. */
  rested(): void
  /** A reference has no end: it is to be ended. */
  overdue(why: string): void
}

/** Looks at the condition register, and tells from it how sweeps and references go. */
export class Watch implements Look {
  readonly #state: Topic<InstrumentState>
  readonly #periodMs: number
  readonly #events: WatchEvents
  /** The register has shown the reference that runs. */
  #referenceSeen = false
  /** Its end has come, and its result is being read. */
  #resultDue = false

  constructor(state: Topic<InstrumentState>, conditionsPerSecond: number, events: WatchEvents) {
    this.#state = state
    this.#periodMs = 1000 / conditionsPerSecond
    this.#events = events
  }

  everyMs(): number {
    return this.#periodMs
  }

  async look(wire: Wire): Promise<void> {
    this.saw(await wire.number(':STAT:OPER:COND?', { deadlineMs: POLL_DEADLINE_MS }))
  }

  /** Throws `device.busy` while a sweep or a reference is under way. */
  requireRest(device: string): void {
    const { sweep, ctp10 } = this.#state.value
    const reference = ctp10?.referencing
    const underWay = (phase: string | undefined): boolean => phase === 'running' || phase === 'aborting'
    if (underWay(sweep?.phase)) {
      throw new BenchError('device.busy', 'a sweep is under way: abort it or wait for its end', { device })
    }
    if (reference && underWay(reference.phase)) {
      const message = `channel ${reference.channel} of module ${reference.module} is being referenced: abort it or wait for its end`
      throw new BenchError('device.busy', message, { device })
    }
  }

  /** A sweep is about to be started: from here on it is under way. The answer takes that back. */
  startSweep(): () => void {
    const { sweep } = this.#state.value
    this.#state.put({ sweep: { phase: 'running', startedAt: Date.now() } })
    return () => this.#state.put({ sweep })
  }

  /** The same for a reference. */
  startReference(module: number, channel: number, quick: boolean): () => void {
    const before = this.#state.value.ctp10?.referencing
    this.#referenceSeen = false
    this.#resultDue = false
    this.#showReference({ module, channel, quick, phase: 'running', startedAt: Date.now() })
    return () => this.#showReference(before)
  }

  /** An abort has been sent, and why. */
  aborted(message: string | undefined): void {
    const { sweep, ctp10 } = this.#state.value
    const aborting = { phase: 'aborting' as const, ...(message !== undefined && { message }) }
    if (sweep?.phase === 'running') this.#state.merge({ sweep: aborting })
    if (ctp10?.referencing?.phase === 'running') this.#state.merge({ ctp10: { referencing: aborting } })
  }

  /** What came of a reference. */
  referenceEnded(reference: Referencing, failure: string | undefined): void {
    const end = { endedAt: Date.now(), ...(failure !== undefined && { message: failure }) }
    this.#showReference({ ...reference, ...end, phase: failure === undefined ? 'done' : 'failed' })
  }

  /** What the register is just now. */
  saw(register: number): void {
    const before = this.#state.value
    const now = Date.now()
    this.#state.put({
      condition: { register, active: activeConditions(register) },
      sweep: nextSweepState(before.sweep ?? { phase: 'idle' }, register, before.sweepSettings, now),
    })
    const reference = before.ctp10?.referencing
    if (reference && !this.#resultDue) this.#follow(reference, register, now)
    this.#events.looked()
    if (register === 0 && (before.condition?.register ?? 0) !== 0) this.#events.rested()
  }

  #follow(reference: Referencing, register: number, now: number): void {
    this.#referenceSeen ||= isReferencing(register)
    const next = nextReferencing(reference, this.#referenceSeen, register, now)
    if (next !== 'over') {
      if (next !== reference) this.#showReference(next)
      if (next.phase === 'failed' && reference.phase !== 'failed') this.#events.overdue(next.message ?? '')
    } else if (this.#referenceSeen) {
      // It is shown as running until its result is known.
      this.#resultDue = true
      this.#events.referenced(reference)
    } else this.referenceEnded(reference, 'the instrument has not begun it')
  }

  #showReference(reference: Referencing | undefined): void {
    const { ctp10 } = this.#state.value
    if (ctp10) this.#state.put({ ctp10: { ...ctp10, referencing: reference } })
  }
}
