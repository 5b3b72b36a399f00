import { BenchError } from '../../shared/wire/errors.ts'
import { pause } from '../core/deadline.ts'
import { type Proof, provesSafe, type SafePlan } from '../core/safe-plan.ts'
import { openResource, wireOptions } from '../transport/resource.ts'
import type { Receiver, Transport } from '../transport/transport.ts'

/** A line longer than this is noise. */
const LONGEST_LINE = 4096
const ROOM_BYTES = 1024
/** How long a message may wait for its answer where its proof does not say. */
const ANSWER_MS = 3000
/** A real-time byte has no end, and is lost on a controller that is just being reset: it is said again. */
const REAL_TIME_EVERY_MS = 50
const REAL_TIME_MS = 400
/** An error queue holds no more: one that never empties proves nothing. */
const MOST_ANSWERS = 64

/** One connection of the guardian to a device: it writes what a plan says, and hears lines. */
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

  /**
   * Why the device is not known to be safe; undefined once every proof holds. A question that is not answered in time
   * ends the conversation: its answer, coming late, would be taken for the next question's.
   */
  async whyNotSafe(signal: AbortSignal): Promise<string | undefined> {
    let against: string | undefined
    for (const proof of this.#plan.proofs) {
      const asked = proof.ask.trim()
      for (let n = 0; n < (proof.once === true ? MOST_ANSWERS : 1); n++) {
        const answer = await this.#ask(proof, signal)
        if (answer === undefined) {
          const why = this.#lost?.message ?? `it does not answer ${asked}`
          if (proof.ask.endsWith('\n')) this.close()
          return why
        }
        // What was in a queue is of these messages or of older ones: the queue is emptied, and asked again.
        if (provesSafe(proof, answer)) break
        against ??= `it answered ${answer} to ${asked}`
      }
    }
    return against
  }

  close(): void {
    this.#lost ??= new BenchError('aborted', 'closed')
    this.#transport?.close()
    this.#onLost?.()
  }

  async #ask({ ask, answer, deadlineMs }: Proof, signal: AbortSignal): Promise<string | undefined> {
    if (this.#lost) return undefined
    const wanted = new RegExp(answer)
    const over = new AbortController()
    let found: string | undefined
    this.#heard = (line) => {
      if (found !== undefined || !wanted.test(line)) return
      found = line
      over.abort()
    }
    this.#onLost = () => over.abort()
    const until = AbortSignal.any([over.signal, signal])
    const isMessage = ask.endsWith('\n')
    const mostMs = deadlineMs ?? (isMessage ? ANSWER_MS : REAL_TIME_MS)
    const everyMs = isMessage ? mostMs : REAL_TIME_EVERY_MS
    for (let waited = 0; waited < mostMs && !until.aborted; waited += everyMs) {
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
      this.#text = end ? '' : (lines.pop()?.slice(-LONGEST_LINE) ?? '')
      for (const line of lines) if (line.trim() !== '') this.#heard?.(line.trim())
    },
    closed: (error) => {
      this.#lost ??= error
      this.#onLost?.()
    },
  }
}
