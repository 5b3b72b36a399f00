import { BenchError } from '../../../shared/wire/errors.ts'
import type { Logger } from '../../core/log.ts'
import type { Asker } from '../scpi/asker.ts'
import type { Line } from '../scpi/line.ts'
import { classify, type MessageKind } from '../scpi/query.ts'
import { GuestLight } from './guest-light.ts'
import type { Guest, Message } from './guest.ts'
import { ShareLock } from './lock.ts'

/** IEEE 488.2 and SCPI-1999 volume 2 section 21.8.10: what the program hears when it asks. */
const COMMAND_PROTECTED = -203
/** What one program may leave unread, and all of them: then that one is dropped. */
const MOST_UNREAD_BYTES = 64 << 20
const MOST_UNREAD_IN_ALL = 128 << 20
const WORTH_COUNTING_BYTES = 1 << 20
/** A download of the bench's own may keep the line for as long. */
const LINE_MS = 120_000
const STALL_MS = 30_000
const CR = 0x0d
/** Whether a device that was stopped has come to rest is found out by polls, which are not to wait for a script's answer. */
const STOPPED_MS = 1000

export interface HubOptions {
  line: Line
  log: Logger
  lockMs: number
  answerMs: number
  /** Why a program may do nothing but ask now; undefined when it may act. `acts`: it may whoever holds the lease. */
  whyNot: (acts: boolean) => BenchError | undefined
  /** Ends the light that a program had switched on. */
  endLight: (who: string) => void
  /** How long a program may read nothing of what it was sent. */
  stallMs?: number
}

/**
 * Everybody who uses one instrument through a shared port. Their messages go to the instrument one at a time, each whole
 * with its answer, each program in its turn, and never two in a row while the bench itself wants the line.
 */
export class Hub implements Disposable {
  readonly lock: ShareLock
  readonly guests: Guest[] = []
  readonly #options: HubOptions
  readonly #light: GuestLight
  #turn = 0
  /** The bridge's own answers end as the instrument's do: a script looks for just that. */
  #answersEnd = '\n'
  #serving: { guest: Guest; since: number } | undefined
  /** Since when nothing may act on the device at all. */
  #stoppedAt: number | undefined
  readonly #progress = new Map<Guest, { taken: number; at: number }>()

  constructor(options: HubOptions) {
    this.#options = options
    this.#light = new GuestLight(options.line, options.endLight)
    this.lock = new ShareLock(options.line, options.lockMs, (owner, why) => this.#locked(owner, why))
  }

  /** A program has connected. */
  join(guest: Guest): void {
    this.guests.push(guest)
    guest.onMessage = () => this.#pump()
    guest.onLeft = (why) => this.#left(guest, why)
    this.#options.log.debug({ who: guest.who, wire: guest.wire }, 'a program shares the instrument')
  }

  /** Looks after what nobody else notices; to be called some times a second. */
  tick(): void {
    const { lock } = this
    const now = performance.now()
    const held = lock.owner && this.#options.whyNot(lock.owner.acts)
    if (held) lock.end(held.message)
    this.#stoppedAt = this.#options.whyNot(true) && (this.#stoppedAt ?? now)
    if (this.#serving) this.#hurry(this.#serving, now)
    for (const guest of [...this.guests]) this.#watch(guest, now)
  }

  [Symbol.dispose](): void {
    for (const guest of [...this.guests]) guest.drop(undefined)
    this.lock[Symbol.dispose]()
  }

  #hurry({ guest, since }: { guest: Guest; since: number }, now: number): void {
    if (now - since > LINE_MS) guest.drop(`its message had not been served after ${LINE_MS / 1000} s`)
    else if (this.#stoppedAt !== undefined && since < this.#stoppedAt && now - since > STOPPED_MS)
      guest.giveUp()
  }

  #watch(guest: Guest, now: number): void {
    const { stallMs = STALL_MS } = this.#options
    const before = this.#progress.get(guest)
    if (guest.unread === 0 || before?.taken !== guest.taken)
      this.#progress.set(guest, { taken: guest.taken, at: now })
    else if (now - before.at > stallMs) guest.drop(`it has read nothing for ${Math.round(stallMs / 1000)} s`)
  }

  #left(guest: Guest, why: string | undefined): void {
    const { line, log } = this.#options
    this.guests.splice(this.guests.indexOf(guest), 1)
    this.#progress.delete(guest)
    this.lock.release(guest)
    this.#light.left(guest)
    if (why === undefined) log.debug({ who: guest.who }, 'a program shares the instrument no longer')
    else {
      log.warn({ who: guest.who, why }, 'a program that shares the instrument was dropped')
      line.journal.note('control', asker(guest), `dropped: ${why}`, 'connection.lost')
    }
    this.#pump()
  }

  #locked(owner: Guest | undefined, why: string | undefined): void {
    if (owner && why !== undefined) {
      this.#options.log.warn({ who: owner.who, why }, 'the lock on the instrument has ended')
      this.#options.line.journal.note('control', asker(owner), `its lock has ended: ${why}`)
    }
    this.#pump()
  }

  /** Serves the next message, if there is one and none is being served. */
  #pump(): void {
    if (this.#serving) return
    const guest = this.#nextGuest()
    const message = guest?.take()
    if (!guest || !message) return
    this.#serving = { guest, since: performance.now() }
    void this.#serve(guest, message).finally(() => {
      this.#serving = undefined
      this.#pump()
    })
  }

  /** In turns, each with one message; one whom another's lock holds off may still ask for the lock. */
  #nextGuest(): Guest | undefined {
    const { guests } = this
    for (let i = 0; i < guests.length; i++) {
      const guest = guests[(this.#turn + i) % guests.length]
      const message = guest?.next
      if (!guest || !message) continue
      if (!this.lock.allows(guest) && !aboutLock(classify(message.text))) continue
      this.#turn = (this.#turn + i + 1) % guests.length
      return guest
    }
    return undefined
  }

  /** Never rejects. */
  async #serve(guest: Guest, message: Message): Promise<void> {
    const kind = classify(message.text)
    if (kind.own && this.#answerOwn(guest, message, kind.own)) return
    const { line, answerMs } = this.#options
    const { signal } = guest
    if (!line.session) {
      guest.drop('the instrument is not connected just now')
      return
    }
    let refusal: BenchError | undefined
    try {
      await line.session.run(
        'control',
        async (wire) => {
          // Asked when the line is there: who may act can have changed while the message waited.
          if (signal.aborted) return
          refusal = kind.acts
            ? (this.#whyNot(guest, message.text) ?? this.#light.sending(guest, message.text))
            : undefined
          if (refusal) return
          if (!kind.answered) wire.write(message.text)
          else {
            const to = (bytes: Uint8Array, last: boolean): void => this.#pass(guest, message, bytes, last)
            await wire.pass(message.text, to, { deadlineMs: answerMs, signal })
          }
        },
        signal,
        asker(guest),
      )
      if (refusal) this.#refuse(guest, message, refusal)
    } catch (error) {
      this.#failed(guest, message, error)
    }
  }

  #whyNot(guest: Guest, text: string): BenchError | undefined {
    return this.#options.whyNot(guest.acts) ?? this.#light.whyNot(guest, text)
  }

  #pass(guest: Guest, message: Message, bytes: Uint8Array, last: boolean): void {
    guest.answer(message, bytes, last)
    if (last && bytes.length > 1) this.#answersEnd = bytes.at(-2) === CR ? '\r\n' : '\n'
    if (guest.unread < WORTH_COUNTING_BYTES) return
    const inAll = this.guests.reduce((sum, { unread }) => sum + unread, 0)
    if (guest.unread <= MOST_UNREAD_BYTES && inAll <= MOST_UNREAD_IN_ALL) return
    guest.drop(`it has left ${guest.unread} bytes unread`)
  }

  #refuse(guest: Guest, message: Message, why: BenchError): void {
    guest.report(COMMAND_PROTECTED, `Command protected;${why.message}`)
    guest.unanswered(message)
    this.#options.line.journal.note(
      'control',
      asker(guest),
      `refused: ${why.message}`,
      why.code,
      message.text,
    )
  }

  #failed(guest: Guest, message: Message, error: unknown): void {
    guest.unanswered(message)
    if (guest.signal.aborted) return
    if (!(error instanceof BenchError)) this.#options.log.error({ error }, 'a shared message failed')
    // What no instrument would get over, its clients would notice as the end of their connection.
    const known = error instanceof BenchError && (error.code === 'device.timeout' || error.code === 'aborted')
    if (!known) guest.drop(error instanceof Error ? error.message : String(error))
  }

  /** What the bridge answers itself. False for a message that goes to the instrument after all. */
  #answerOwn(guest: Guest, message: Message, own: NonNullable<MessageKind['own']>): boolean {
    const said = own === 'unlock' ? undefined : this.#ownAnswer(guest, own)
    if (own === 'unlock' && !this.lock.release(guest))
      guest.report(COMMAND_PROTECTED, 'Command protected;the lock is not yours')
    if (own === 'error' && said === undefined) return false
    if (said !== undefined) guest.answer(message, Buffer.from(said + this.#answersEnd, 'latin1'), true)
    this.#options.line.journal.note(
      'control',
      asker(guest),
      `answered by the bridge: ${said ?? 'nothing'}`,
      undefined,
      message.text,
    )
    return true
  }

  #ownAnswer(guest: Guest, own: 'lock' | 'owner' | 'error'): string | undefined {
    if (own === 'error') return guest.takeError()
    if (own === 'owner') return `"${this.lock.owner?.who ?? 'NONE'}"`
    return this.mayLock(guest) && this.lock.take(guest) ? '1' : '0'
  }

  /** A lock keeps the lease's holder off: whoever may only ask may not have it. */
  mayLock(guest: Guest): boolean {
    const why = this.#options.whyNot(guest.acts)
    if (why) guest.report(COMMAND_PROTECTED, `Command protected;${why.message}`)
    return why === undefined
  }
}

function aboutLock({ own }: MessageKind): boolean {
  return own === 'lock' || own === 'unlock' || own === 'owner'
}

function asker({ who }: Guest): Asker {
  return { by: 'share', who }
}
