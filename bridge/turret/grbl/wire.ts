import { BenchError } from '../../../shared/wire/errors.ts'
import { withDeadline } from '../../core/deadline.ts'
import type { OpenTransport, Transport } from '../../transport/transport.ts'
import type { Firmware } from './firmware.ts'
import { Hearing } from './hearing.ts'
import { type Message, messagesIn } from './message.ts'
import type { Status } from './status.ts'
import { Welcomes } from './welcomes.ts'
import { errorWords } from './words.ts'

/** Bytes that are taken out of the stream and obeyed at once (Grbl v1.1 commands, real-time). */
export const RESET = '\x18'
export const JOG_CANCEL = '\x85'
export const HOLD = '!'
const STATUS = '?'

/** What every Grbl can hold of lines that it has not read yet, unless `$I` says otherwise. */
const RX_BYTES = 128
const ROOM_BYTES = 1024
const ASK_MS = 2000
const RESET_MS = 3000
/** Alarms that are followed by a reset of the controller's own: all but those of the limits and the probe. */
const OWN_RESETS = new Set([3, 6, 7, 8, 9, 10, 15, 18])
/** A line longer than this is noise. */
const LONGEST_LINE = 512
/** A controller that says that it is idle has answered what it was sent this long ago, or its answer was lost. */
const ANSWERED_WITHIN_MS = 600

interface Waiting {
  line: string
  said: string[]
  /** How long it is executed before it is answered, ms. */
  takesMs: number
  /** When it was written, or the last of its answer heard. */
  heardAt: number
  /** Since when reports say that the controller is idle though it is not answered. */
  idleAt: number | undefined
  resolve: (said: string[]) => void
  reject: (error: BenchError) => void
}

/** What the wire tells without having been asked. */
export interface WireEvents {
  status: (status: Status, askedAt: number) => void
  alarm: (number: number) => void
  line: (text: string) => void
  /** The controller has begun anew, and not because of a reset of ours. */
  restarted: (version: string) => void
  /** A line will not be answered any more: what is answered from now on may belong to another one. */
  outOfStep: (line: string) => void
  lost: (error: BenchError) => void
}

/**
 * A line to Grbl. Lines wait for room in the controller's receive buffer (character counting: Grbl v1.1 interface,
 * streaming), real-time bytes wait for nothing.
 */
export class GrblWire implements Disposable {
  readonly #device: string
  readonly #events: WireEvents
  #transport: Transport | undefined
  #over: BenchError | undefined
  readonly #room = new Uint8Array(ROOM_BYTES)
  #text = ''
  /** Written and not answered. */
  readonly #sent: Waiting[] = []
  /** Not written yet. */
  readonly #queue: Waiting[] = []
  #resetting: PromiseWithResolvers<string> | undefined
  readonly #welcomes = new Welcomes()
  /** When the status that is owed was asked for. */
  #askedAt: number | undefined
  readonly hearing = new Hearing()
  /** performance.now() of the newest thing heard. */
  heardAt = performance.now()
  rxBytes = RX_BYTES
  /** Whose numbers its errors are. */
  firmware: Firmware = 'Grbl'

  private constructor(device: string, events: WireEvents) {
    this.#device = device
    this.#events = events
  }

  /** Connects. Rejects with `device.timeout`, `connection.lost` or `aborted`. */
  static async open(
    open: OpenTransport,
    device: string,
    events: WireEvents,
    signal: AbortSignal,
  ): Promise<GrblWire> {
    const wire = new GrblWire(device, events)
    wire.#transport = await open(
      {
        space: () => wire.#room,
        received: (count) => wire.#received(count),
        closed: (error) => wire.#lose(error),
      },
      signal,
    )
    return wire
  }

  /** Bytes that Grbl holds of lines that it has not answered. */
  get unanswered(): number {
    return this.#sent.reduce((sum, { line }) => sum + line.length, 0)
  }

  /** Whether a reset is under way: what is heard may be older than it. */
  get resetting(): boolean {
    return this.#resetting !== undefined
  }

  /** Whether a status report is owed, and since when. */
  get askedAt(): number | undefined {
    return this.#askedAt
  }

  /** Writes real-time bytes now, past everything that waits. A reset makes void what was sent before. */
  realTime(bytes: string): void {
    this.#transport?.write(bytes)
    if (!bytes.includes(RESET)) return
    this.#welcomes.expect(this.resetting)
    this.#askedAt = undefined
    if (!this.#resetting) {
      this.#resetting = Promise.withResolvers()
      this.#resetting.promise.catch(() => {})
    }
    this.void(this.#error('aborted', 'ended by a reset of the controller'))
    if (this.#over) this.#resetting.reject(this.#over)
  }

  /** Asks for a status report, unless one is owed. */
  askStatus(): void {
    if (this.#askedAt !== undefined || this.#resetting) return
    this.#askedAt = performance.now()
    this.#transport?.write(STATUS)
  }

  /** Forgets the report that is owed: one that does not come is to be asked for again. */
  forgetStatus(): void {
    this.#askedAt = undefined
  }

  /** Resets unless a reset is under way, and resolves with the version when the controller is there again. Rejects with `device.timeout`. */
  async reset(ms = RESET_MS): Promise<string> {
    if (!this.#resetting) this.realTime(RESET)
    return this.settled(ms)
  }

  /** Resolves when the reset that is under way is over, with the version. Rejects with `device.timeout` or `connection.lost`. */
  settled(ms = RESET_MS): Promise<string> {
    const reset = this.#resetting
    if (!reset) return Promise.resolve('')
    return withDeadline(reset.promise, ms, 'the reset of the controller', { device: this.#device })
  }

  /**
   * Sends a line as soon as the controller has room for it; resolves with what it said before its ok. `takesMs` is how
   * long it is executed before it is answered, with the controller idle. Rejects with `turret.error` in words when it
   * refuses, `device.timeout`, `connection.lost`, and `aborted` when a reset came first.
   */
  send(line: string, deadlineMs = ASK_MS, takesMs = 0): Promise<string[]> {
    if (this.#over) return Promise.reject(this.#over)
    const answer = new Promise<string[]>((resolve, reject) => {
      this.#queue.push({
        line: `${line}\n`,
        said: [],
        takesMs,
        heardAt: Infinity,
        idleAt: undefined,
        resolve,
        reject,
      })
    })
    this.#flush()
    const inTime = withDeadline(answer, deadlineMs, `the answer to ${line}`, { device: this.#device })
    return inTime.catch((error: unknown) => {
      if (error instanceof BenchError && error.code === 'device.timeout') this.#events.outOfStep(line)
      throw error
    })
  }

  /** Rejects all that is sent or waits to be, with this error. */
  void(error: BenchError): void {
    this.#voidSent(error)
    for (const waiting of this.#queue.splice(0)) waiting.reject(error)
  }

  [Symbol.dispose](): void {
    this.#over ??= this.#error('aborted', 'closed')
    this.#transport?.close()
    this.void(this.#over)
  }

  #flush(): void {
    while (!this.#resetting) {
      const next = this.#queue[0]
      if (!next) return
      if (this.#sent.length > 0 && this.unanswered + next.line.length > this.rxBytes) return
      this.#queue.shift()
      this.#sent.push(next)
      next.heardAt = performance.now()
      this.#transport?.write(next.line)
    }
  }

  #received(count: number): void {
    this.heardAt = performance.now()
    const text = Buffer.from(this.#room.buffer, this.#room.byteOffset, count).toString('latin1')
    this.hearing.add(text)
    this.#text += text
    const lines = this.#text.split('\n')
    this.#text = lines.pop()!.slice(-LONGEST_LINE)
    for (const line of lines) for (const message of messagesIn(line.trim())) this.#heard(message)
  }

  #heard(message: Message): void {
    switch (message.kind) {
      case 'welcome':
        this.#welcomed(message.version)
        break
      case 'status':
        this.#reported(message.status)
        break
      case 'alarm':
        if (OWN_RESETS.has(message.number)) this.#welcomes.expect(this.resetting)
        this.#events.alarm(message.number)
        break
      case 'line':
        if (!message.text.startsWith('[MSG:')) this.#said(message.text)
        this.#events.line(message.text)
        break
      default:
        // What it says before its welcome belongs to what the reset has ended.
        if (!this.#resetting) this.#answered(message.kind === 'error' ? message.number : 0)
    }
  }

  #said(text: string): void {
    const [first] = this.#sent
    if (!first) return
    first.said.push(text)
    first.heardAt = performance.now()
  }

  /** An ok that nothing has been sent for was doubled on the line, and answers nothing. */
  #answered(error: number): void {
    const done = this.#sent.shift()
    const [next] = this.#sent
    if (next) next.heardAt = performance.now()
    if (error === 0) done?.resolve(done.said)
    else {
      const what = done?.line.trim() ?? 'a line'
      const message = `${this.#device} refused ${what}: ${errorWords(error, this.firmware)}`
      done?.reject(new BenchError('turret.error', message, { device: this.#device, cause: error }))
    }
    this.#flush()
  }

  #reported(status: Status): void {
    const askedAt = this.#askedAt ?? -Infinity
    this.#askedAt = undefined
    this.#events.status(status, askedAt)
    this.#followStep(status, askedAt)
  }

  /** Two reports of an idle controller, with time between them, prove that the first of the lines will not be answered. */
  #followStep({ state }: Status, askedAt: number): void {
    const [first] = this.#sent
    if (!first) return
    if (state !== 'Idle' && state !== 'Alarm') first.idleAt = undefined
    else if (first.idleAt === undefined) first.idleAt = performance.now()
    else if (askedAt - Math.max(first.idleAt, first.heardAt + first.takesMs) > ANSWERED_WITHIN_MS)
      this.#events.outOfStep(first.line.trim())
  }

  #welcomed(version: string): void {
    const reset = this.#resetting
    const expected = this.#welcomes.take(this.resetting)
    this.#resetting = undefined
    this.#askedAt = undefined
    // A line that was written before it was lost with the controller's memory.
    this.#voidSent(this.#error('aborted', 'ended by a reset of the controller'))
    if (reset) reset.resolve(version)
    else if (!expected) this.#events.restarted(version)
    this.#flush()
  }

  #lose(error: BenchError): void {
    if (this.#over) return
    this.#over = error
    this.void(error)
    this.#resetting?.reject(error)
    this.#events.lost(error)
  }

  #voidSent(error: BenchError): void {
    for (const waiting of this.#sent.splice(0)) waiting.reject(error)
  }

  #error(code: 'aborted', what: string): BenchError {
    return new BenchError(code, `${this.#device}: ${what}`, { device: this.#device })
  }
}
