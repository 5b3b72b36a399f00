import { pause } from '../core/deadline.ts'
import type { SafePlan } from '../core/safe-plan.ts'
import { Conversation } from './conversation.ts'
import type { Outcome } from './protocol.ts'

const CONNECT_EVERY_MS = 50
/** One attempt to connect: a host that drops packets must not take all of the time. */
const CONNECT_MS = 2000
const GIVE_UP_MS = 60_000
const ASK_AGAIN_MS = 50
/** What the old connection has left in the device, or in a converter before it, has been obeyed by then. */
const SETTLED_MS = 300
/** A standby connection that was lost is opened anew so often while the device may emit or move. */
const STANDBY_AGAIN_MS = 500

/** What may happen now, by the bridge's word. */
export interface May {
  emit: boolean
  move: boolean
}

/** One device as the guardian knows it: its plan, what it may do now, and the connection that makes it safe. */
export class Keeper {
  readonly device: string
  readonly #giveUpMs: number
  #plan: SafePlan
  may: May = { emit: false, move: false }
  #standby: Conversation | undefined
  #standingBy: AbortController | undefined
  /** The connection that is making it safe just now. */
  #talk: Conversation | undefined
  #work: { done: Promise<Outcome>; outcome: Outcome } | undefined
  #goneAt = -Infinity

  constructor(device: string, plan: SafePlan, giveUpMs = GIVE_UP_MS) {
    this.device = device
    this.#plan = plan
    this.#giveUpMs = giveUpMs
  }

  get plan(): SafePlan {
    return this.#plan
  }

  get armed(): boolean {
    return this.may.emit || this.may.move
  }

  /** The work of making it safe, while it goes on. */
  get busy(): boolean {
    return this.#work?.outcome.state === 'trying'
  }

  change(plan: SafePlan): void {
    if (JSON.stringify(plan) === JSON.stringify(this.#plan)) return
    this.#plan = plan
    this.#relax()
    this.#attend()
  }

  allow(may: May): void {
    this.may = may
    this.#attend()
  }

  /** The bridge's connection is no more: what is read back 300 ms after this counts. */
  gone(now: number): void {
    this.#goneAt = now
  }

  /**
   * Makes the device safe, and goes on until it is proven twice or 60 s are over. `sent` is called when the commands are
   * on the wire. While that goes on, a second call waits for the same.
   */
  makeSafe(sent: (outcome: Outcome) => void = () => {}): Promise<Outcome> {
    if (this.#work?.outcome.state === 'trying') {
      // The device may have been lit again since: what is under way says it again first.
      this.#talk?.sendSafe()
      return this.#work.done
    }
    const outcome: Outcome = { state: 'trying', ms: 0 }
    const work = { outcome, done: this.#makeSafe(outcome, sent) }
    this.#work = work
    return work.done
  }

  get outcome(): Outcome {
    return this.#work?.outcome ?? { state: 'trying', ms: 0 }
  }

  /** The bridge has the device again, or nothing is to be kept any more. */
  close(): void {
    this.#relax()
  }

  #attend(): void {
    if (this.#plan.guard !== 'standby' || !this.armed) {
      if (!this.busy) this.#relax()
      return
    }
    if (this.#standingBy) return
    const standingBy = new AbortController()
    this.#standingBy = standingBy
    void this.#standBy(standingBy.signal)
  }

  async #standBy(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#standby || this.#standby.lost) {
        const opened = await this.#connect(signal)
        if (signal.aborted) opened?.close()
        else this.#standby = opened
      }
      await pause(STANDBY_AGAIN_MS, signal)
    }
  }

  #relax(): void {
    this.#standingBy?.abort()
    this.#standingBy = undefined
    this.#standby?.close()
    this.#standby = undefined
  }

  async #connect(signal: AbortSignal): Promise<Conversation | undefined> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)])
    return Conversation.open(this.#plan, late).catch(() => undefined)
  }

  async #makeSafe(outcome: Outcome, sent: (outcome: Outcome) => void): Promise<Outcome> {
    const begun = performance.now()
    const over = AbortSignal.timeout(this.#giveUpMs)
    let talk = this.#standby?.lost === false ? this.#standby : undefined
    this.#standby = undefined
    this.#standingBy?.abort()
    this.#standingBy = undefined
    let told = false
    let provenAt: number | undefined
    try {
      // The commands leave in the tick of the decision where a connection stands by.
      while (!over.aborted) {
        this.#talk = talk
        if (!talk || talk.lost) {
          talk?.close()
          talk = await this.#connect(over)
          if (!talk) {
            outcome.reason = 'it cannot be connected to'
            await pause(CONNECT_EVERY_MS, over)
            continue
          }
        }
        // A proof that can be had once speaks of the messages just before it.
        if (provenAt === undefined || this.#plan.proofs.some(({ once }) => once)) {
          talk.endMessage()
          talk.sendSafe()
          if (!told) {
            told = true
            outcome.ms = performance.now() - begun
            sent(outcome)
          }
        }
        const why = await talk.whyNotSafe(over)
        const now = performance.now()
        if (why !== undefined) {
          outcome.reason = why
          provenAt = undefined
          await pause(ASK_AGAIN_MS, over)
          continue
        }
        if (provenAt !== undefined && now >= Math.max(provenAt, this.#goneAt) + SETTLED_MS) {
          this.#conclude(outcome, talk)
          return outcome
        }
        provenAt ??= now
        await pause(ASK_AGAIN_MS, over)
      }
      outcome.state = told ? 'sent' : 'failed'
      if (!told) outcome.ms = performance.now() - begun
      return outcome
    } finally {
      talk?.close()
      this.#talk = undefined
      this.#attend()
    }
  }

  #conclude(outcome: Outcome, talk: Conversation): void {
    if (this.#plan.proofs.length > 0) {
      outcome.state = 'proven'
      delete outcome.reason
      return
    }
    // Nothing is read back: what the old connection may have left behind the first time is answered by a second.
    talk.sendSafe()
    outcome.state = 'sent'
    outcome.reason = 'it cannot say whether it is safe'
  }
}
