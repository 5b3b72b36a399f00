import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { BenchError } from '../../shared/wire/errors.ts'
import { networkOf } from '../core/network.ts'
import type { Door } from './origin.ts'
import type { RequestGate } from './request-gate.ts'
import { forwardedBy, type Identify } from './who.ts'

/** What the audit calls one that was refused. */
const CONNECTION = 'a page’s connection'
/** Connections at a time on which nobody has said yet who they are, from one network and in all: a page does within a moment. */
const MOST_HERE = 32
const MOST = 256

interface HandshakesOptions {
  door: Door
  identify: Identify
  gate: Pick<RequestGate, 'addressOf' | 'mayBegin' | 'refused'>
}

/** A connection of a page, as engine.io has it. */
export type PageConnection = Pick<EventEmitter, 'once'> & { request: IncomingMessage }

/**
 * Lets connections of pages begin. A page with a token shows it when it is connected, so those of strangers are let in,
 * as few as may wait to say who they are: behind a proxy no limit of connections counts them.
 */
export class Handshakes {
  readonly #options: HandshakesOptions
  readonly #unknown = new WeakSet<IncomingMessage>()
  readonly #settle = new WeakMap<object, () => void>()
  readonly #waiting = new Map<string, number>()
  #waitingInAll = 0

  constructor(options: HandshakesOptions) {
    this.#options = options
  }

  /** Asked by engine.io of each new connection, before anything is kept of it. */
  allow = (request: IncomingMessage, answer: (message: string | null, may: boolean) => void): void => {
    const { door, identify, gate } = this.#options
    const address = gate.addressOf(request)
    const { headers } = request
    try {
      door.require(headers)
      const { cookie, authorization } = headers
      if (!identify({ ...forwardedBy(headers), cookie, authorization, address })) {
        if (!this.#hasPlace(address) || !gate.mayBegin(address)) {
          const message = `too many connections from ${address}: wait a moment`
          throw new BenchError('calls.exceeded', message)
        }
        this.#unknown.add(request)
      }
      answer(null, true)
    } catch (error) {
      this.refused(address, error)
      answer(error instanceof Error ? error.message : String(error), false)
    }
  }

  /** One has begun. */
  begun(connection: PageConnection): void {
    if (!this.#unknown.has(connection.request)) return
    const network = networkOf(this.#options.gate.addressOf(connection.request))
    this.#waitingInAll += 1
    this.#waiting.set(network, (this.#waiting.get(network) ?? 0) + 1)
    const settle = (): void => {
      if (!this.#settle.delete(connection)) return
      this.#waitingInAll -= 1
      const left = (this.#waiting.get(network) ?? 1) - 1
      if (left > 0) this.#waiting.set(network, left)
      else this.#waiting.delete(network)
    }
    this.#settle.set(connection, settle)
    connection.once('close', settle)
  }

  /** Somebody has said on it who they are. */
  identified(connection: object): void {
    this.#settle.get(connection)?.()
  }

  /** Counts one that was refused. */
  refused(address: string, error: unknown): void {
    this.#options.gate.refused(address, CONNECTION, error instanceof BenchError ? error.code : 'internal')
  }

  #hasPlace(address: string): boolean {
    return this.#waitingInAll < MOST && (this.#waiting.get(networkOf(address)) ?? 0) < MOST_HERE
  }
}
