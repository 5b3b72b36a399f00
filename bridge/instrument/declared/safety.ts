import { BenchError } from '../../../shared/wire/errors.ts'
import type { StopOutcome } from '../../device/device.ts'
import type { Proof, SafePlan } from '../../core/safe-plan.ts'
import type { EmissionSources } from '../scpi/emission-sources.ts'
import { makeSafe } from '../scpi/make-safe.ts'
import type { Session } from '../scpi/session.ts'
import type { Wire } from '../scpi/wire.ts'
import type { Entries, Setting } from './entries.ts'
import { switchesOf } from './safe-plan.ts'

interface SafetyOptions {
  device: string
  session: Session
  entries: Entries
  plan: SafePlan | undefined
  sources: EmissionSources
  /** Is told what a switch has answered, or the error queue (undefined). */
  heard: (setting: Setting | undefined, answer: string) => void
  /** Empties the error queue, with the line. */
  settled: (wire: Wire) => Promise<void>
}

/** What makes an instrument safe, and that nothing which was asked for before is done after it. */
export class Safety {
  readonly #options: SafetyOptions
  readonly #switches: readonly Setting[]
  #times = 0

  constructor(options: SafetyOptions) {
    this.#options = options
    this.#switches = switchesOf(options.entries)
  }

  /**
   * Sends the plan before it returns, past every queue and every answer that is owed; then as of `makeSafe`. Without a
   * plan there is nothing to be proven.
   */
  makeSafe(ms: number): Promise<StopOutcome> {
    this.#times += 1
    const { device, session, entries, plan, sources, heard, settled } = this.#options
    if (!plan) return Promise.resolve('proven')
    const settingOf = (proof: Proof): Setting | undefined => this.#switches[plan.proofs.indexOf(proof)]
    const safe = makeSafe(session, plan, {
      ...{ device, ms, settled },
      heard: (proof, answer) => heard(settingOf(proof), answer),
      explain: (failed) => {
        const on = [...failed.keys()].flatMap((proof) => settingOf(proof)?.name ?? [])
        return on.length > 0
          ? `${device} was told to be safe, and ${on.join(', ')} is not off: switch it off at the instrument`
          : `${device} was told to be safe, and answered ${[...failed.values()].join(', ')}: look at it`
      },
    })
    sources.toldOff(entries.indicators)
    return safe.then((outcome) => {
      // Where no switch of what emits can be read, this is all that can be read back.
      if (entries.emits && outcome === 'proven' && entries.indicators.length === 0) sources.proven()
      return outcome
    })
  }

  /** For a job that is about to wait for its turn: what it is given throws `aborted` if it was made safe meanwhile. */
  ticket(): () => void {
    const times = this.#times
    return () => {
      if (times === this.#times) return
      throw new BenchError(
        'aborted',
        `${this.#options.device} was made safe before this was done: ask again`,
        {
          device: this.#options.device,
        },
      )
    }
  }
}
