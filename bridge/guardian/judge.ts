/** How often the guardian judges. */
export const LOOK_MS = 25
/** A tick that comes so much too late means that the guardian itself was held up. */
const OWN_LATE_MS = 50
/** So late may a beat of the bridge be while something emits or moves. */
export const LATE_MS = 500
/** A device that takes one connection costs the bridge: one that waits for a processor is given so long. */
const STARVED_LATE_MS = 900
/** A bridge that has beaten within this has told what it knew. */
const TALKS_MS = 250
const ENDED_AFTER_MS = 5000
const IDLE_ENDED_AFTER_MS = 10_000
/** A machine that is busy is no reason to end a recording: a bridge that waits for a processor has so many times as long. */
const STARVED_PATIENCE = 6
/** The holder's beat may be late by 500 ms, and the bridge has 100 ms to have ended emission by itself. */
export const HOLDER_LATE_MS = 600

/** What the guardian knows when it judges. Times by one clock, ms. */
export interface Facts {
  now: number
  /** Devices that may emit or move, by how they are reached. */
  armed: { standby: boolean; takeover: boolean; emits: boolean }
  /** Whether the bridge could run and is given no processor; asked only when it matters. */
  starves: (ms: number) => boolean
  /** Whether the whole machine is so busy that a bridge is slow to start; asked only when nothing emits or moves. */
  isBusy: () => boolean
}

/** What is to be done: make standby devices safe, or end the bridge as well. */
export interface Verdict {
  act: 'nothing' | 'standby' | 'end'
  why: string
}

const NOTHING: Verdict = { act: 'nothing', why: '' }

/**
 * Whether the bridge is still to be trusted with what emits or moves, by its beats and those of the lease's holder. Time
 * in which the guardian itself was held up counts for neither.
 */
export class Judge {
  #beatAt: number
  #holderAt: number | undefined
  #lookedAt: number

  constructor(now: number) {
    this.#beatAt = now
    this.#lookedAt = now
  }

  beat(now: number): void {
    this.#beatAt = now
  }

  /** The lease's holder has sent a beat; undefined when there is none any more, which the bridge has dealt with. */
  holder(now: number | undefined): void {
    this.#holderAt = now
  }

  /** To be called every 25 ms, after everything that has arrived was handled. */
  look({ now, armed, starves, isBusy }: Facts): Verdict {
    const late = now - this.#lookedAt - LOOK_MS
    this.#lookedAt = now
    if (late > OWN_LATE_MS) {
      this.#beatAt = Math.min(now, this.#beatAt + late)
      if (this.#holderAt !== undefined) this.#holderAt = Math.min(now, this.#holderAt + late)
    }
    const silent = now - this.#beatAt
    const any = armed.standby || armed.takeover
    const patience = any ? ENDED_AFTER_MS : IDLE_ENDED_AFTER_MS
    if (silent > patience) {
      // One that starts waits for its files and for what it has started as well as for a processor.
      const excused = starves(silent) || (!any && isBusy())
      if (silent > patience * STARVED_PATIENCE || !excused) return this.#verdict('end', silent)
    }
    if (any && silent > LATE_MS) {
      if (armed.takeover && (silent > STARVED_LATE_MS || !starves(silent)))
        return this.#verdict('end', silent)
      return armed.standby ? this.#verdict('standby', silent) : NOTHING
    }
    // Beats come by the bridge: while it is silent itself, theirs say nothing.
    const holderLate = this.#holderAt !== undefined && now - this.#holderAt > HOLDER_LATE_MS
    if (armed.emits && holderLate && silent < TALKS_MS) {
      const why = `the operator's heartbeat has stopped, and the bridge has not ended the emission`
      return { act: armed.takeover ? 'end' : 'standby', why }
    }
    return NOTHING
  }

  #verdict(act: 'standby' | 'end', silent: number): Verdict {
    return { act, why: `the bridge has not answered for ${Math.round(silent)} ms` }
  }
}
