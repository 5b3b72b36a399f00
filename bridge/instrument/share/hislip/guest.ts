import { messagesIn } from '../../scpi/lines.ts'
import { type Header, MessageType } from '../../../transport/hislip/message.ts'
import type { Admitted } from '../admission.ts'
import type { Desk } from '../desk.ts'
import { Guest, type Message } from '../guest.ts'
import { MOST_PAYLOAD_BYTES, type ServerChannel } from './channel.ts'

const FIRST_ID = 0xffffff00
const ID_STEP = 2
const OVERLAP = 1
const RMT_DELIVERED = 1
const MOST_MESSAGE_BYTES = 1 << 20
const UNRECOGNIZED_TYPE = 1
const TOO_LARGE = 4
const MAV = 16
const ERRORS = 4
/** IVI-6.1 tables 18 and 4. */
const Lock = { failed: 0, granted: 1, error: 3 } as const
const LOCK_INFO = 24
const LOCK_INFO_RESPONSE = 25
/** Longer waits than this are cut to it. */
const MOST_LOCK_WAIT_MS = 300_000

/** A program that speaks HiSLIP (IVI-6.1 revision 2.0): its two channels, its numbers, and what it is owed. */
export class HislipGuest extends Guest {
  readonly wire = 'hislip'
  readonly #sync: ServerChannel
  readonly #async: ServerChannel
  readonly #desk: Desk
  #overlap = false
  #clearing = false
  #text = ''
  #lastId = (FIRST_ID - ID_STEP) >>> 0
  #ownId = FIRST_ID
  #largest = MOST_PAYLOAD_BYTES
  /** An answer was sent whole, and the client has not said that it has it. */
  #available = false
  /** The answer to this message was overtaken or cleared: what is still to come of it goes nowhere. */
  #void: Message | undefined

  constructor(sync: ServerChannel, async: ServerChannel, admitted: Admitted, desk: Desk) {
    super(admitted)
    this.#sync = sync
    this.#async = async
    this.#desk = desk
    for (const { socket } of [sync, async]) socket.once('close', () => this.drop(undefined))
    sync.hear = (header, payload) => this.#hearSync(header, payload)
    async.hear = (header, payload) => this.#hearAsync(header, payload)
  }

  answer(message: Message, bytes: Uint8Array, last: boolean): void {
    if (message === this.#void || this.#clearing) return
    if (!this.#overlap && message.id !== this.#lastId) {
      this.#interrupted(message)
      return
    }
    for (let at = 0; at < bytes.length || (last && at === 0); at += this.#largest) {
      const piece = bytes.subarray(at, at + this.#largest)
      const type = last && at + piece.length === bytes.length ? MessageType.DataEnd : MessageType.Data
      this.#sync.send(type, 0, this.#overlap ? this.#takeId() : message.id, piece)
    }
    if (last) this.#available = true
  }

  get unread(): number {
    return this.#sync.socket.writableLength
  }

  get taken(): number {
    return this.#sync.socket.bytesWritten - this.#sync.socket.writableLength
  }

  protected listen(on: boolean): void {
    const { socket } = this.#sync
    if (on && socket.isPaused()) socket.resume()
    else if (!on) socket.pause()
  }

  protected close(): void {
    this.#sync.socket.destroy()
    this.#async.socket.destroy()
  }

  /** What comes on the synchronous channel (IVI-6.1 section 3). */
  #hearSync({ type, control, parameter: id }: Header, payload: Buffer): void {
    if (type === MessageType.DeviceClearComplete) {
      this.#clearOver((control & OVERLAP) !== 0)
      return
    }
    if (this.#clearing) return
    if (type !== MessageType.Data && type !== MessageType.DataEnd && type !== MessageType.Trigger) {
      this.#sync.send(MessageType.Error, UNRECOGNIZED_TYPE)
      return
    }
    this.#lastId = id
    this.#available = false
    if (type === MessageType.Trigger) {
      this.push({ text: '*TRG', id })
      return
    }
    this.#text += payload.toString('latin1')
    if (this.#text.length > MOST_MESSAGE_BYTES) {
      this.#text = ''
      this.#sync.send(MessageType.Error, TOO_LARGE)
      return
    }
    if (type !== MessageType.DataEnd) return
    const text = this.#text.replace(/\r?\n$/, '')
    this.#text = ''
    for (const message of messagesIn(text)) this.push({ text: message, id })
  }

  /** What comes on the asynchronous channel (IVI-6.1 section 6). */
  #hearAsync({ type, control, parameter }: Header, payload: Buffer): void {
    switch (type) {
      case MessageType.AsyncMaximumMessageSize: {
        if (payload.length >= 8) this.#largest = Math.max(256, Number(payload.readBigUInt64BE(0)))
        const ours = Buffer.alloc(8)
        ours.writeBigUInt64BE(BigInt(MOST_PAYLOAD_BYTES))
        this.#async.send(MessageType.AsyncMaximumMessageSizeResponse, 0, 0, ours)
        return
      }
      case MessageType.AsyncDeviceClear:
        this.#clearing = true
        this.#text = ''
        this.clear()
        // Paused for having asked too much, it could not say that the clear is complete.
        this.listen(true)
        this.#async.send(MessageType.AsyncDeviceClearAcknowledge, this.#overlap ? OVERLAP : 0)
        return
      case MessageType.AsyncStatusQuery:
        void this.#sayStatus(control, parameter)
        return
      case MessageType.AsyncLock:
        void this.#sayLock(control === 1, parameter, payload.length > 0)
        return
      case LOCK_INFO:
        this.#async.send(LOCK_INFO_RESPONSE, this.#desk.locked() ? 1 : 0, this.#desk.locked() ? 1 : 0)
        return
      case MessageType.AsyncRemoteLocalControl:
        // The front panel stays as it is: others use the instrument too.
        this.#async.send(MessageType.AsyncRemoteLocalResponse)
        return
      default:
        this.#async.send(MessageType.Error, UNRECOGNIZED_TYPE)
    }
  }

  /** The numbers start over (IVI-6.1 section 6.12). */
  #clearOver(overlap: boolean): void {
    this.#clearing = false
    this.#overlap = overlap
    this.#lastId = (FIRST_ID - ID_STEP) >>> 0
    this.#ownId = FIRST_ID
    this.#available = false
    this.#sync.send(MessageType.DeviceClearAcknowledge, overlap ? OVERLAP : 0)
  }

  /** A message came before the answer to the one before it was sent (IVI-6.1 section 3.1.1). */
  #interrupted(message: Message): void {
    this.#void = message
    this.report(-410, 'Query INTERRUPTED')
    this.#async.send(MessageType.AsyncInterrupted, 0, message.id)
    this.#sync.send(MessageType.Interrupted, 0, message.id)
  }

  /** MAV is this client's own; the rest is the instrument's (IVI-6.1 section 6.14). */
  async #sayStatus(control: number, id: number): Promise<void> {
    const delivered = (control & RMT_DELIVERED) !== 0
    if (delivered) this.#available = false
    const instrument = await this.#desk.statusByte(this)
    const available =
      this.#available && (this.#overlap || id === this.#lastId || id === this.#lastId + ID_STEP)
    const byte = (instrument & ~MAV) | (available ? MAV : 0) | (this.hasErrors ? ERRORS : 0)
    this.#async.send(MessageType.AsyncStatusResponse, byte)
  }

  async #sayLock(wanted: boolean, waitMs: number, shared: boolean): Promise<void> {
    let said: number
    if (!wanted) said = this.#desk.unlock(this) ? Lock.granted : Lock.error
    else if (shared || this.#desk.holds(this)) said = Lock.error
    else
      said = (await this.#desk.lock(this, Math.min(waitMs, MOST_LOCK_WAIT_MS))) ? Lock.granted : Lock.failed
    this.#async.send(MessageType.AsyncLockResponse, said)
  }

  #takeId(): number {
    const id = this.#ownId
    this.#ownId = (id + ID_STEP) >>> 0
    return id
  }
}
