import type { Status } from '../ctp10/errors.ts'

const MAV = 16
const RQS = 64
const LOOK_MS = 5

/** The service request of IEEE 488.2 section 11.3: made once for each new reason, and gone with the serial poll. */
export class Service implements Disposable {
  readonly #status: Status
  readonly #available: () => boolean
  readonly #request: (statusByte: number) => void
  readonly #timer: NodeJS.Timeout
  #reasons = 0
  #requested = false

  /** `available`: whether a response waits to be read. `request` is called when the instrument wants service. */
  constructor(status: Status, available: () => boolean, request: (statusByte: number) => void) {
    this.#status = status
    this.#available = available
    this.#request = request
    // The instrument's registers have no events, and a poll this often is far below what a client can tell.
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  /** A serial poll: RQS in bit 6, and cleared by it. `mav` is whether the wire lets message-available be seen. */
  poll(mav = true): number {
    const byte = (this.#summary() & ~RQS & (mav ? 255 : ~MAV)) | (this.#requested ? RQS : 0)
    this.#requested = false
    return byte
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #summary(): number {
    return (this.#status.byte & ~RQS) | (this.#available() ? MAV : 0)
  }

  #look(): void {
    const reasons = this.#summary() & this.#status.enabledService & ~RQS
    const fresh = reasons & ~this.#reasons
    this.#reasons = reasons
    if (fresh === 0 || this.#requested) return
    this.#requested = true
    this.#request(this.#summary() | RQS)
  }
}
