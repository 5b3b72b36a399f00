import { BEAT_MS } from '../../shared/control/control.ts'

/** A notebook asks how its sweep goes every second or so; one that has asked nothing for so long has gone. */
export const ASKS_WITHIN_MS = 10_000
/** The instrument is asked whether it is dark a few times a second: light for longer after a sweep was left on. */
const DARK_WITHIN_MS = 2000

interface RestBeatsOptions<Caller> {
  /** A beat in the caller's name; rejects when they hold the lease no longer. */
  beat: (caller: Caller) => Promise<void>
  /** Whether what a notebook began is under way, and ends by itself. */
  isUnderWay: () => boolean
  /** Whether the instrument emits, or may. */
  mayEmit: () => boolean
}

/**
 * The heartbeat of a notebook that has no WebSocket, while a sweep or a reference of its own is under way: each of its
 * requests, and one that waits for its answer, vouches for it for 10 s. Not for light that nothing ends by itself: that
 * takes the pongs of a WebSocket, so a laser that a sweep leaves on goes off.
 */
export class RestBeats<Caller> implements Disposable {
  readonly #options: RestBeatsOptions<Caller>
  #caller: Caller | undefined
  #timer: NodeJS.Timeout | undefined
  #askedAt = 0
  #underWayAt = 0

  constructor(options: RestBeatsOptions<Caller>) {
    this.#options = options
  }

  /** A request has come, or still waits for its answer. */
  asked(): void {
    this.#askedAt = performance.now()
  }

  /** Beats for this caller, who is about to begin something that emits. Rejects when they do not hold the lease. */
  async begin(caller: Caller): Promise<void> {
    this.#caller = caller
    this.#askedAt = this.#underWayAt = performance.now()
    await this.#options.beat(caller)
    this.#timer ??= setInterval(() => this.#tick(), BEAT_MS).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#caller = undefined
  }

  #tick(): void {
    const { beat, isUnderWay, mayEmit } = this.#options
    const now = performance.now()
    if (isUnderWay()) this.#underWayAt = now
    const leftOn = mayEmit() && now - this.#underWayAt > DARK_WITHIN_MS
    if (this.#caller === undefined || now - this.#askedAt > ASKS_WITHIN_MS || leftOn) {
      this[Symbol.dispose]()
      return
    }
    // Somebody else has the lease now: then it is theirs to beat.
    beat(this.#caller).catch(() => this[Symbol.dispose]())
  }
}
