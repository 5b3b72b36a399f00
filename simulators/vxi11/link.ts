import type { Exchange, Response } from '../ieee488/exchange.ts'
import { Service } from '../ieee488/service.ts'
import { errors } from './numbers.ts'

const INTERRUPTED = -410
const MOST_MESSAGE_CHARACTERS = 1 << 20

/** One link to the simulated device: the message that comes in, and the response that waits to be read. */
export class Link implements Disposable {
  readonly service: Service
  readonly #exchange: Exchange
  readonly #drop: () => void
  #text = ''
  #running: AbortController | undefined
  #response: Promise<Response | undefined> | undefined
  #ready: { response: Response; at: number } | undefined
  #abort: (() => void) | undefined

  /** `request` is called when the device wants service, `drop` when a fault cuts the line. */
  constructor(exchange: Exchange, request: () => void, drop: () => void) {
    this.#exchange = exchange
    this.#drop = drop
    this.service = new Service(exchange.instrument.status, () => this.#ready !== undefined, request)
  }

  /** Takes a piece of a message, and runs it with its end (VXI-11 section B.6.3). */
  write(data: Buffer, end: boolean): void {
    if (this.#text.length < MOST_MESSAGE_CHARACTERS) this.#text += data.toString('latin1')
    if (!end) return
    const text = this.#text
    this.#text = ''
    if (this.#ready) this.#exchange.instrument.status.report(INTERRUPTED)
    this.#ready = undefined
    const running = new AbortController()
    this.#running = running
    const before = this.#response ?? Promise.resolve(undefined)
    const response = before
      .then(() => this.#exchange.run(text, running.signal))
      .then((outcome) => {
        if (outcome === 'drop') this.#drop()
        else if (outcome && this.#response === response) this.#ready = { response: outcome, at: 0 }
        return undefined
      })
      .catch(() => undefined)
    this.#response = response
  }

  /** What of the response is there within the time, or the error (VXI-11 section B.6.4). */
  async read(most: number, ms: number): Promise<{ error: number; data: Buffer; end: boolean }> {
    const nothing = { data: Buffer.alloc(0), end: false }
    const until = performance.now() + ms
    let aborted = false
    while (!this.#ready || this.#ready.at === this.#ready.response.bytes.length) {
      const left = until - performance.now()
      if (left <= 0) return { error: errors.timeout, ...nothing }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 50))
        const wake = (): void => {
          clearTimeout(timer)
          resolve()
        }
        this.#abort = () => {
          aborted = true
          wake()
        }
        if (!this.#ready) void this.#response?.then(() => this.#ready && wake())
      })
      this.#abort = undefined
      if (aborted) return { error: errors.aborted, ...nothing }
    }
    const { response, at } = this.#ready
    const data = response.bytes.subarray(at, at + most)
    this.#ready.at += data.length
    const end = response.ends && this.#ready.at === response.bytes.length
    if (end) this.#ready = undefined
    return { error: 0, data, end }
  }

  /** Ends a read that waits (VXI-11 section B.7). */
  abort(): void {
    this.#abort?.()
  }

  /** The device clear. */
  clear(): void {
    this.#text = ''
    this.#running?.abort()
    this.#response = undefined
    this.#ready = undefined
  }

  [Symbol.dispose](): void {
    this.abort()
    this.clear()
    this.service[Symbol.dispose]()
  }
}
