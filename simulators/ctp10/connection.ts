import type { Socket } from 'node:net'
import { parseMessage } from '../../bridge/instrument/scpi/message.ts'
import type { Unit } from '../../bridge/instrument/scpi/message.ts'
import { Wait } from './answer.ts'
import type { Reply } from './answer.ts'
import type { Instrument } from './instrument.ts'
import { Lines } from './lines.ts'
import { Outbox } from './outbox.ts'

const mostHeld = 1000

/** One client: takes its commands as they come, also while an answer is still on its way out. */
export class Connection {
  readonly #socket: Socket
  readonly #instrument: Instrument
  readonly #outbox: Outbox
  readonly #closed = new AbortController()
  readonly #heldLines: string[] = []
  #held = false

  constructor(socket: Socket, instrument: Instrument) {
    this.#socket = socket
    this.#instrument = instrument
    this.#outbox = new Outbox(socket, () => instrument.faults.rate, this.#closed.signal)
    const lines = new Lines(() => instrument.status.report(-363))
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      for (const line of lines.push(chunk)) this.#take(line)
    })
    // A client that is gone is no fault of the instrument's; 'close' follows in any case.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#closed.abort())
  }

  /** Whether the other side has left, be it that the last bytes are still to be taken down. */
  get hasEnded(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded
  }

  #take(line: string): void {
    if (!this.#held) this.#run(parseMessage(line), [], 0)
    else if (this.#heldLines.length < mostHeld) this.#heldLines.push(line)
    else this.#instrument.status.report(-363)
  }

  #run(units: Unit[], replies: (Reply | Promise<Reply>)[], late: number): void {
    for (const [index, unit] of units.entries()) {
      if (this.#closed.signal.aborted || this.#socket.destroyed) return
      const fault = unit.query ? this.#instrument.faults.takeQuery() : undefined
      if (fault?.drop) {
        this.#socket.destroy()
        return
      }
      const outcome = this.#instrument.run(unit)
      if (outcome instanceof Wait) {
        this.#hold(outcome, () => this.#run(units.slice(index + 1), replies, late))
        return
      }
      if (outcome !== undefined && !fault?.silent) replies.push(outcome)
      late = Math.max(late, fault?.late ?? 0)
    }
    if (replies.length > 0 && !this.#outbox.send({ replies, late })) this.#instrument.status.report(-430)
  }

  /** `*WAI` (IEEE 488.2 §12.5.1): nothing further is looked at, not even an abort. */
  #hold(wait: Wait, goOn: () => void): void {
    this.#held = true
    void wait.until.then(() => {
      this.#held = false
      goOn()
      while (!this.#held) {
        const line = this.#heldLines.shift()
        if (line === undefined) return
        this.#take(line)
      }
    })
  }
}
