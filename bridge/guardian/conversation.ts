import { BenchError } from '../../shared/errors.ts'
import { pause } from '../core/deadline.ts'
import type { Proof, SafePlan } from '../core/safe-plan.ts'
import { openResource, wireOptions } from '../transport/resource.ts'
import type { Receiver, Transport } from '../transport/transport.ts'

/** A line longer than this is noise. */
const LONGEST_LINE = 4096
const ROOM_BYTES = 1024
/** How long one question may wait for its answer. */
const ANSWER_MS = 400
const REAL_TIME_MS = 50

/** One connection of the guardian to a device: it writes what a plan says and hears lines. */
export class Conversation {
  readonly #plan: SafePlan
  #transport: Transport | undefined
  readonly #room = new Uint8Array(ROOM_BYTES)
  #text = ''
  #heard: ((line: string) => void) | undefined
  #lost: BenchError | undefined
  #onLost: (() => void) | undefined

  private constructor(plan: SafePlan) {
    this.#plan = plan
  }

  /** Connects. Rejects as the transport does. */
  static async open(plan: SafePlan, signal: AbortSignal): Promise<Conversation> {
    const conversation = new Conversation(plan)
    const options = wireOptions.parse(plan.wire ?? undefined)
    conversation.#transport = await openResource(plan.resource, options, { atOnce: true })(
      conversation.#receiver,
      signal,
    )
    return conversation
  }

  get lost(): boolean {
    return this.#lost !== undefined
  }

  /** Each message is a write of its own. */
  sendSafe(): void {
    for (const message of this.#plan.messages) this.#transport?.write(message)
  }

  /** Ends a message that somebody else has left half sent. */
  endMessage(): void {
    if (this.#plan.clearing !== '') this.#transport?.write(this.#plan.clearing)
  }

  /** Why the device is not known to be safe; undefined once every proof holds. Waits 400 ms for each answer at most. */
  async whyNotSafe(signal: AbortSignal): Promise<string | undefined> {
    for (const proof of this.#plan.proofs) {
      const answer = await this.#ask(proof, signal)
      if (answer === undefined) return this.#lost?.message ?? `it does not answer ${proof.ask.trim()}`
      if (!new RegExp(proof.safe).test(answer)) return `it answered ${answer} to ${proof.ask.trim()}`
    }
    return undefined
  }

  close(): void {
    this.#lost ??= new BenchError('aborted', 'closed')
    this.#transport?.close()
    this.#onLost?.()
  }

  async #ask({ ask, answer }: Proof, signal: AbortSignal): Promise<string | undefined> {
    if (this.#lost) return undefined
    const wanted = new RegExp(answer)
    const over = new AbortController()
    let found: string | undefined
    this.#text = ''
    this.#heard = (line) => {
      if (!wanted.test(line)) return
      found = line
      over.abort()
    }
    this.#onLost = () => over.abort()
    const until = AbortSignal.any([over.signal, signal])
    // A real-time byte has no end, and is lost on a controller that is just being reset: it is said again.
    const everyMs = ask.endsWith('\n') ? ANSWER_MS : REAL_TIME_MS
    for (let waited = 0; waited < ANSWER_MS && !until.aborted; waited += everyMs) {
      this.#transport?.write(ask)
      this.#transport?.expectAnswer?.()
      await pause(everyMs, until)
    }
    this.#heard = undefined
    this.#onLost = undefined
    return found
  }

  readonly #receiver: Receiver = {
    space: () => this.#room,
    received: (count, end) => {
      this.#text += Buffer.from(this.#room.buffer, this.#room.byteOffset, count).toString('latin1')
      const lines = this.#text.split(/[\r\n]+/)
      this.#text = lines.pop()?.slice(-LONGEST_LINE) ?? ''
      for (const line of lines) if (line.trim() !== '') this.#heard?.(line.trim())
      if (!end) return
      const last = this.#text.trim()
      this.#text = ''
      if (last !== '') this.#heard?.(last)
    },
    closed: (error) => {
      this.#lost ??= error
      this.#onLost?.()
    },
  }
}
