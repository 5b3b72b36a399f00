import { setTimeout as sleep } from 'node:timers/promises'
import { type CommandTree, parseMessage } from '../../bridge/instrument/scpi/message.ts'
import { type Outcome, type Reply, Wait } from '../ctp10/answer.ts'
import type { Instrument } from '../ctp10/instrument.ts'

const END = Buffer.from('\n')
const SEMICOLON = Buffer.from(';')

/** What a message is answered with. A response that breaks off has no end. */
export type Response = { bytes: Buffer; ends: boolean }

/**
 * The message exchange of IEEE 488.2 section 6 around the simulated CTP10: a whole program message in, one response
 * out or none. `wire` has the commands that make the wire itself go wrong.
 */
export class Exchange {
  readonly instrument: Instrument
  readonly #wire: CommandTree<Outcome>

  constructor(instrument: Instrument, wire: CommandTree<Outcome>) {
    this.instrument = instrument
    this.#wire = wire
  }

  /** Runs a message. 'drop' is a fault that cuts the line. Rejects when the signal aborts: the device was cleared. */
  async run(message: string, signal: AbortSignal): Promise<Response | 'drop' | undefined> {
    const replies: (Reply | Promise<Reply>)[] = []
    let late = 0
    for (const unit of parseMessage(message.replace(/\r?\n$/, ''))) {
      signal.throwIfAborted()
      const own = this.#wire.find(unit)
      if (own) {
        void own()
        continue
      }
      const fault = unit.query ? this.instrument.faults.takeQuery() : undefined
      if (fault?.drop) return 'drop'
      const outcome = this.instrument.run(unit)
      if (outcome instanceof Wait) await until(outcome.until, signal)
      else if (outcome !== undefined && !fault?.silent) replies.push(outcome)
      late = Math.max(late, fault?.late ?? 0)
    }
    if (late > 0) await sleep(late * 1000, undefined, { signal })
    if (replies.length === 0) return undefined
    return join(await until(Promise.all(replies.map((reply) => Promise.resolve(reply))), signal))
  }
}

function join(replies: Reply[]): Response {
  const pieces: Buffer[] = []
  for (const [index, reply] of replies.entries()) {
    if (index > 0) pieces.push(SEMICOLON)
    if (typeof reply === 'string') pieces.push(Buffer.from(reply, 'latin1'))
    else if (Buffer.isBuffer(reply)) pieces.push(reply)
    else {
      pieces.push(Buffer.from(reply.head), reply.body)
      if (reply.broken) return { bytes: Buffer.concat(pieces), ends: false }
    }
  }
  return { bytes: Buffer.concat([...pieces, END]), ends: true }
}

function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('cleared'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
