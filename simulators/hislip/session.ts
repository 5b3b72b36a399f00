import type { Exchange, Response } from '../ieee488/exchange.ts'
import type { Lock } from '../ieee488/lock.ts'
import { Service } from '../ieee488/service.ts'
import type { WireFaults } from './faults.ts'
import { Message, type MessageSocket, MOST_PAYLOAD_BYTES, type Received } from './wire.ts'

const FIRST_ID = 0xffffff00
const UNKNOWN_ID = 0xffffffff
const OVERLAP = 1
const RMT_DELIVERED = 1
const INTERRUPTED = -410
const HUGE = 2 ** 52
const MOST_QUEUED = 1000
const MOST_MESSAGE_CHARACTERS = 1 << 20
const UNRECOGNIZED_TYPE = 1

/** One client of the simulated HiSLIP server: its two channels, its numbers, and what it is owed. */
export class Session {
  readonly #sync: MessageSocket
  readonly #async: MessageSocket
  readonly #exchange: Exchange
  readonly #lock: Lock<Session>
  readonly #faults: WireFaults
  readonly #service: Service
  #overlap: boolean
  #clearing = false
  #running: AbortController | undefined
  #queue: { text: string; id: number }[] = []
  #text = ''
  #lastId = (FIRST_ID - 2) >>> 0
  #ownId = FIRST_ID
  #rmtExpected = false
  #largest = MOST_PAYLOAD_BYTES

  constructor(
    channels: { sync: MessageSocket; async: MessageSocket },
    device: { exchange: Exchange; lock: Lock<Session>; faults: WireFaults },
    overlap: boolean,
  ) {
    this.#sync = channels.sync
    this.#async = channels.async
    this.#exchange = device.exchange
    this.#lock = device.lock
    this.#faults = device.faults
    this.#overlap = overlap
    this.#service = new Service(
      device.exchange.instrument.status,
      () => this.#rmtExpected,
      (byte) => this.#async.send(Message.AsyncServiceRequest, byte),
    )
    for (const { socket } of [this.#sync, this.#async]) socket.once('close', () => this.#end())
  }

  /** What comes on the synchronous channel (IVI-6.1 section 3). */
  hearSync(message: Received): void {
    const { type, control, parameter: id, payload } = message
    if (type === Message.DeviceClearComplete) {
      this.#clearing = false
      this.#overlap = (control & OVERLAP) !== 0
      this.#lastId = (FIRST_ID - 2) >>> 0
      this.#ownId = FIRST_ID
      this.#rmtExpected = false
      this.#sync.send(Message.DeviceClearAcknowledge, control & OVERLAP)
      return
    }
    if (this.#clearing) return
    if (type !== Message.Data && type !== Message.DataEnd && type !== Message.Trigger) {
      this.#sync.send(Message.Error, UNRECOGNIZED_TYPE)
      return
    }
    this.#arrived(id, (control & RMT_DELIVERED) !== 0)
    if (type === Message.Trigger) this.#enqueue(':INIT:IMM', id)
    else if (this.#text.length < MOST_MESSAGE_CHARACTERS) this.#text += payload.toString('latin1')
    if (type !== Message.DataEnd) return
    this.#enqueue(this.#text, id)
    this.#text = ''
  }

  /** What comes on the asynchronous channel (IVI-6.1 section 6). */
  hearAsync({ type, control, parameter, payload }: Received): void {
    switch (type) {
      case Message.AsyncMaximumMessageSize: {
        this.#largest = Math.max(256, Number(payload.readBigUInt64BE(0)))
        const ours = Buffer.alloc(8)
        ours.writeBigUInt64BE(BigInt(MOST_PAYLOAD_BYTES))
        this.#async.send(Message.AsyncMaximumMessageSizeResponse, 0, 0, ours)
        return
      }
      case Message.AsyncDeviceClear:
        this.#clear()
        return
      case Message.AsyncStatusQuery: {
        const delivered = (control & RMT_DELIVERED) !== 0
        if (delivered) this.#rmtExpected = false
        const mav = this.#overlap || (parameter === this.#lastId && !delivered)
        this.#async.send(Message.AsyncStatusResponse, this.#service.poll(mav))
        return
      }
      case Message.AsyncLock:
        void this.#askLock(control === 1, parameter)
        return
      case Message.AsyncLockInfo: {
        const held = this.#lock.owner === undefined ? 0 : 1
        this.#async.send(Message.AsyncLockInfoResponse, held, held)
        return
      }
      case Message.AsyncRemoteLocalControl:
        this.#async.send(Message.AsyncRemoteLocalResponse)
        return
      default:
        this.#async.send(Message.Error, UNRECOGNIZED_TYPE)
    }
  }

  /** A new message while an answer was sent and not read is an error of the client's (IVI-6.1 section 3.1.1). */
  #arrived(id: number, delivered: boolean): void {
    if (!this.#overlap && this.#rmtExpected && !delivered)
      this.#exchange.instrument.status.report(INTERRUPTED)
    this.#rmtExpected = false
    this.#lastId = id
  }

  #enqueue(text: string, id: number): void {
    if (this.#queue.length >= MOST_QUEUED) return
    this.#queue.push({ text, id })
    if (!this.#running) void this.#work()
  }

  async #work(): Promise<void> {
    const running = new AbortController()
    this.#running = running
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        await this.#lock.free(this)
        const response = await this.#exchange.run(next.text, running.signal)
        if (running.signal.aborted) return
        if (response === 'drop') this.#drop()
        else if (response) this.#answer(response, next.id)
      }
    } catch (error) {
      if (!running.signal.aborted) throw error
    } finally {
      if (this.#running === running) this.#running = undefined
    }
  }

  /** The response, or the two messages that say it was overtaken by input (IVI-6.1 section 3.1.1). */
  #answer(response: Response, id: number): void {
    if (!this.#overlap && this.#queue.length > 0) {
      this.#exchange.instrument.status.report(INTERRUPTED)
      if (!this.#faults.take('interrupted')) this.#async.send(Message.AsyncInterrupted, 0, id)
      this.#sync.send(Message.Interrupted, 0, id)
      return
    }
    if (this.#faults.take('header')) this.#sync.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    if (this.#faults.take('id')) id -= 2
    if (this.#faults.take('unknown id')) id = UNKNOWN_ID
    const huge = this.#faults.take('huge')
    const half = this.#faults.take('half')
    for (let at = 0; at < response.bytes.length; at += this.#largest) {
      const piece = response.bytes.subarray(at, at + this.#largest)
      const last = at + piece.length === response.bytes.length
      const sent = half ? piece.subarray(0, piece.length >> 1) : piece
      const type = last && response.ends ? Message.DataEnd : Message.Data
      this.#sync.send(type, 0, this.#overlap ? this.#ownId : id, sent, huge ? HUGE : piece.length)
      this.#ownId += 2
      if (half) {
        this.#sync.socket.end()
        return
      }
    }
    this.#rmtExpected = response.ends
  }

  /** The first half of a device clear (IVI-6.1 section 6.12). */
  #clear(): void {
    if (this.#faults.take('clear')) return
    this.#clearing = true
    this.#queue = []
    this.#text = ''
    this.#running?.abort()
    this.#running = undefined
    this.#async.send(Message.AsyncDeviceClearAcknowledge, this.#overlap ? OVERLAP : 0)
  }

  async #askLock(wanted: boolean, ms: number): Promise<void> {
    if (!wanted) this.#async.send(Message.AsyncLockResponse, this.#lock.release(this) ? 1 : 3)
    else if (this.#lock.owner === this) this.#async.send(Message.AsyncLockResponse, 3)
    else this.#async.send(Message.AsyncLockResponse, (await this.#lock.take(this, ms)) ? 1 : 0)
  }

  #drop(): void {
    this.#sync.socket.destroy()
    this.#async.socket.destroy()
  }

  #end(): void {
    this.#drop()
    this.#running?.abort()
    this.#lock.release(this)
    this.#service[Symbol.dispose]()
  }
}
