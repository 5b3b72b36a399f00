import type { DeviceBase } from '../../shared/wire/device.ts'
import { BenchError } from '../../shared/wire/errors.ts'
import { monotonicMs } from '../core/clock.ts'
import type { DeviceGuard } from '../core/guard.ts'
import type { SafePlan } from '../core/safe-plan.ts'
import type { Topic } from '../core/topic.ts'

/** A reason that was given this long ago has nothing to do with an emission that ends now. */
const REASON_MS = 10_000

/** Who is told what may emit or move, and makes it safe when this process cannot. */
export interface Guardian {
  /** Throws `guardian.lost` where nobody would end the emission of a dead bridge. */
  require(): void
  protect(device: string, plan: SafePlan): void
  /** Answers whether it has reached the guardian, so that it can no longer be lost with this process. */
  may(device: string, may: { emit: boolean; move: boolean }): boolean
}

/** What may emit or move on the bench, from its drivers to the guardian and to every page. */
export class DeviceGuards {
  readonly #guardian: Guardian
  readonly #guards = new Map<string, BridgeGuard>()

  constructor(guardian: Guardian) {
    this.#guardian = guardian
  }

  /** The guard of the device whose state is in `topic`; the same each time that it is opened. */
  of(device: string, topic: Topic<DeviceBase>): DeviceGuard {
    const known = this.#guards.get(device)
    if (known) return known
    const guard = new BridgeGuard(device, topic, this.#guardian)
    this.#guards.set(device, guard)
    return guard
  }

  /** The devices that emit or move, or may. */
  get armed(): string[] {
    return [...this.#guards].flatMap(([id, guard]) => (guard.armed ? [id] : []))
  }

  /** Why the emission of one device, or of all, is about to be ended. */
  ending(why: string, device?: string): void {
    if (device === undefined) for (const guard of this.#guards.values()) guard.ending(why)
    else this.#guards.get(device)?.ending(why)
  }

  /** Whether a device emits, or may: also one that is not open, as it was last heard of. */
  mayEmit(device: string): boolean {
    return this.#guards.get(device)?.emitting ?? false
  }

  /** Says all of it again: to a guardian that has just come. */
  repeat(): void {
    for (const guard of this.#guards.values()) guard.repeat()
  }
}

class BridgeGuard implements DeviceGuard {
  readonly #device: string
  readonly #topic: Topic<DeviceBase>
  readonly #guardian: Guardian
  #plan: SafePlan | undefined
  #may = { emit: false, move: false }
  #reason: { since: number; why: string } | undefined

  constructor(device: string, topic: Topic<DeviceBase>, guardian: Guardian) {
    this.#device = device
    this.#topic = topic
    this.#guardian = guardian
  }

  protect(plan: SafePlan): void {
    this.#plan = plan
    this.#guardian.protect(this.#device, plan)
  }

  mayEmit(): void {
    this.#guardian.require()
    // Why the emission before ended says nothing of this one.
    this.#reason = undefined
    if (this.#emit()) return
    const message = 'the guardian was not reached, and nothing may emit without it: try again'
    throw new BenchError('guardian.lost', message, { device: this.#device })
  }

  seenEmitting(): void {
    this.#emit()
  }

  seenDark(): void {
    this.#tell({ emit: false })
    const before = this.#topic.value.emission
    if (before?.emitting === false) return
    const now = Date.now()
    const reason = before && this.#newReason()
    this.#reason = undefined
    this.#topic.put({
      emission: { emitting: false, since: now, ...(reason && { ended: { at: now, why: reason.why } }) },
    })
  }

  mayMove(): void {
    this.#tell({ move: true })
  }

  seenAtRest(): void {
    this.#tell({ move: false })
  }

  get armed(): boolean {
    return this.#may.emit || this.#may.move
  }

  get emitting(): boolean {
    return this.#topic.value.emission?.emitting ?? false
  }

  get reason(): string | undefined {
    return this.#newReason()?.why
  }

  ending(why: string): void {
    // What ended it first is what ended it.
    if (this.emitting) this.#reason = this.#newReason() ?? { since: monotonicMs(), why }
  }

  repeat(): void {
    if (this.#plan) this.#guardian.protect(this.#device, this.#plan)
    if (this.#may.emit || this.#may.move) this.#guardian.may(this.#device, this.#may)
  }

  #newReason(): { since: number; why: string } | undefined {
    return this.#reason && monotonicMs() - this.#reason.since < REASON_MS ? this.#reason : undefined
  }

  #emit(): boolean {
    const told = this.#tell({ emit: true })
    if (!this.emitting) {
      this.#reason = undefined
      this.#topic.put({ emission: { emitting: true, since: Date.now() } })
    }
    return told
  }

  #tell(change: { emit?: boolean; move?: boolean }): boolean {
    const may = { ...this.#may, ...change }
    if (may.emit === this.#may.emit && may.move === this.#may.move) return true
    this.#may = may
    return this.#guardian.may(this.#device, may)
  }
}
