import type { DeviceGuard } from '../../core/guard.ts'
import { lockedWords } from './condition.ts'
import type { Laser } from './laser.ts'
import { emits, isDark, stateWord, type Status } from './status.ts'

interface EmissionOptions {
  guard: DeviceGuard
  laser: () => Laser
  /** Ends the burst: the controller does what nobody here has ordered. */
  cut: (why: string) => void
  /** Light is on that nobody here has ordered: ends it. */
  unordered: (why: string) => void
}

/** What the reports say of light, beside what was ordered. */
export class Emission {
  readonly #options: EmissionOptions
  /** Whether light is on that nobody here has ordered. */
  unordered = false
  /** Whether the newest report that says anything of light says that there is none. */
  dark = true
  /** Whether a burst was seen that no report since has shown to be over. */
  pending = false

  constructor(options: EmissionOptions) {
    this.#options = options
  }

  /** Takes a report; `settled`: no reset is under way which it may be older than. */
  reported(status: Status, settled: boolean): void {
    const { guard, laser, cut } = this.#options
    const { busy, lit: ordered } = laser()
    // grblHAL says `A:S` in a rehearsal as well, whose S is 0.
    const rehearsed = busy && !ordered && status.speed === 0
    const lit = emits(status) && !rehearsed
    const dark = isDark(status)
    if (lit || dark) this.dark = dark
    if (lit) guard.seenEmitting()
    if (!settled) return
    this.pending ||= ordered
    if (lit && !ordered) {
      this.unordered = true
      this.#options.unordered(
        `the controller says that light is on (${stateWord(status)}, S${status.speed ?? '?'}) which nobody here has ordered: by a pendant, or another program that is connected to it`,
      )
    } else if (busy) {
      const why = foreign(status)
      if (why !== undefined) cut(why)
    } else if (dark) {
      this.unordered = this.pending = false
      guard.seenDark()
    }
  }
}

/** What the controller does that no pulse makes it do; undefined for what a pulse does: a dwell is Idle, or Run at rest. */
function foreign(status: Status): string | undefined {
  const { state, feed } = status
  if (state === 'Idle' || (state === 'Run' && feed === 0)) return undefined
  const words = lockedWords(status, false)
  return `the controller says ${stateWord(status)} during it${words === undefined ? '' : `: ${words}`}`
}
