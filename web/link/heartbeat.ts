import { BEAT_MS } from '../../shared/control/control.ts'

/** A main thread that has answered no question for so long hangs: nobody can act on its page. */
export const PAGE_LOST_MS = 2000

/** What the page's main thread says of itself when it is asked. */
export interface PageAnswer {
  /** The number of the question. */
  question: number
  /** Whether anybody can see the page. */
  visible: boolean
  /** How often somebody has moved the pointer, pressed a key or touched the screen since the page was opened. */
  touches: number
}

/** What the heartbeat is connected to. */
export interface HeartbeatEnds {
  /** Asks the main thread whether it lives; it answers by `answered`, or hangs. */
  ask: (question: number) => void
  /** Sends one beat; calls back when the bridge has heard it, and not at all when it has not. */
  beat: (active: boolean, heard: () => void) => void
}

/**
 * The page's end of the dead man's switch, in a worker: a busy main thread does not stop it, one that hangs or that
 * nobody sees does. It asks the main thread every BEAT_MS, and counts an answer from when its question was asked: an
 * answer that waited in a queue while the machine slept vouches for nothing.
 */
export class Heartbeat {
  readonly #ends: HeartbeatEnds
  readonly #now: () => number
  #timer: ReturnType<typeof setInterval> | undefined
  #question = 0
  /** When the questions that are still open were asked. */
  readonly #askedAt = new Map<number, number>()
  #visible = false
  /** When the newest question that was answered had been asked. */
  #livedAt = -Infinity
  #beating = false
  /** Counts what hands have done; a beat says so until the bridge has heard of it. */
  #touches = 0
  #heard = 0

  constructor(ends: HeartbeatEnds, now: () => number = () => performance.now()) {
    this.#ends = ends
    this.#now = now
  }

  /**
   * Begins to ask, and beats with the first answer. That is nobody's doing: a link that comes and goes must not keep a
   * lease alive by itself, so what was touched before does not count.
   */
  start(touches: number): void {
    if (this.#timer !== undefined) return
    this.#touches = touches
    this.#heard = touches
    this.#timer = setInterval(() => this.#turn(), BEAT_MS)
    this.#turn()
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.hide()
    this.#askedAt.clear()
    this.#livedAt = -Infinity
  }

  /** Nobody sees the page any more: no further beat, until an answer says that it is seen. */
  hide(): void {
    this.#visible = false
    this.#beating = false
  }

  /** The main thread has answered. */
  answered({ question, visible, touches }: PageAnswer): void {
    this.#touches = Math.max(this.#touches, touches)
    const askedAt = this.#askedAt.get(question)
    if (askedAt === undefined) return
    this.#askedAt.delete(question)
    this.#livedAt = Math.max(this.#livedAt, askedAt)
    if (!visible) this.hide()
    else {
      this.#visible = true
      // The first after a silence does not wait for its turn.
      if (!this.#beating) this.#beat()
    }
  }

  #turn(): void {
    const now = this.#now()
    for (const [question, at] of this.#askedAt) {
      if (now - at >= PAGE_LOST_MS) this.#askedAt.delete(question)
    }
    this.#beat()
    this.#question += 1
    this.#askedAt.set(this.#question, now)
    this.#ends.ask(this.#question)
  }

  #beat(): void {
    this.#beating = this.#visible && this.#now() - this.#livedAt < PAGE_LOST_MS
    if (!this.#beating) return
    const touches = this.#touches
    this.#ends.beat(touches > this.#heard, () => {
      this.#heard = Math.max(this.#heard, touches)
    })
  }
}
