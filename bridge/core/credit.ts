/** After this long without the acknowledgement it is taken for lost. */
export const ACK_LOST_MS = 2000

interface CreditOptions {
  now?: () => number
  /** Whether so much waits to leave on the subscriber's link that a packet is to wait as well. */
  isStuck?: () => boolean
}

/**
 * One subscriber's credit: at most `window` packets are under way unacknowledged. Beyond that the newest packet waits
 * in place of any other, and the one it replaces is counted. A lost acknowledgement is forgiven after 2 s.
 * What waits when nothing comes after it is sent by `resume`.
 */
export class CreditWindow<P> {
  readonly #window: number
  readonly #send: (packet: P, seq: number, dropped: number) => void
  readonly #now: () => number
  readonly #isStuck: () => boolean
  readonly #sentAt = new Map<number, number>()
  #waiting: P | undefined
  #seq = 0
  #dropped = 0

  constructor(
    window: number,
    send: (packet: P, seq: number, dropped: number) => void,
    { now = performance.now.bind(performance), isStuck = () => false }: CreditOptions = {},
  ) {
    this.#window = window
    this.#send = send
    this.#now = now
    this.#isStuck = isStuck
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Whether a packet that is offered now is sent at once. */
  get isFree(): boolean {
    this.#forgive()
    return this.#sentAt.size < this.#window && !this.#isStuck()
  }

  /** Sends the packet when there is credit, else lets it wait in place of the one that waits. */
  offer(packet: P): void {
    // Where credit came back by itself, one may wait still.
    if (this.#waiting !== undefined) this.#dropped += 1
    this.#waiting = undefined
    if (this.isFree) this.#dispatch(packet)
    else this.#waiting = packet
  }

  /** The subscriber has handled this packet; unknown and repeated numbers are ignored. */
  acknowledge(seq: number): void {
    if (this.#sentAt.delete(seq)) this.resume()
  }

  /** Sends what waits if it may be sent now: the link has drained, or an acknowledgement has long been lost. */
  resume(): void {
    if (this.#waiting === undefined || !this.isFree) return
    const packet = this.#waiting
    this.#waiting = undefined
    this.#dispatch(packet)
  }

  #dispatch(packet: P): void {
    this.#seq = (this.#seq + 1) >>> 0
    this.#sentAt.set(this.#seq, this.#now())
    this.#send(packet, this.#seq, this.#dropped)
  }

  #forgive(): void {
    const lost = this.#now() - ACK_LOST_MS
    for (const [seq, at] of this.#sentAt) if (at <= lost) this.#sentAt.delete(seq)
  }
}
