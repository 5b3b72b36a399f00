import { BEAT_MS } from '../../shared/control.ts'

/** Sends one beat, and calls back when the bridge has heard it; not at all when it has not. */
export type SendBeat = (active: boolean, heard: () => void) => void

/**
 * The page's end of the dead man's switch: a beat at once and then every BEAT_MS, and with it whether somebody has
 * touched anything. Its timer is an ordinary one on purpose: a browser slows those of a page that nobody sees, and then
 * emission ends, as it should.
 */
export class Heartbeat {
  readonly #send: SendBeat
  #timer: ReturnType<typeof setInterval> | undefined
  /** Counts what hands have done; a beat says so until the bridge has heard of it. */
  #touches = 0
  #heard = 0

  constructor(send: SendBeat) {
    this.#send = send
  }

  /** Begins to beat. That is nobody's doing: a link that comes and goes must not keep a lease alive by itself. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#beat()
    this.#timer = setInterval(() => this.#beat(), BEAT_MS)
  }

  /** Ends it; the next holder's hands are another's. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#heard = this.#touches
  }

  /** Somebody has moved the pointer, pressed a key or touched the screen. */
  touch(): void {
    this.#touches += 1
  }

  #beat(): void {
    const touches = this.#touches
    this.#send(touches > this.#heard, () => {
      this.#heard = Math.max(this.#heard, touches)
    })
  }
}
