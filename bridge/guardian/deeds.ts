import { writeFile } from 'node:fs/promises'
import type { LatchFile } from '../core/latch.ts'
import type { Logger } from '../core/log.ts'
import type { Keeper } from './keeper.ts'
import type { GuardianDeed, LastResort, Outcome } from './protocol.ts'

/** What is not on its wire by then is waited for no longer; what is not proven by then is a case for the last resort. */
const GIVE_UP_MS = 3000

interface DeedsOptions {
  latch: LatchFile
  lastResort: () => LastResort | undefined
  /** Hears of a deed when it begins, and again when its commands are on their wires. */
  acted: (deed: GuardianDeed) => void
  log: Logger
}

/** What the guardian does to devices, and what has come of it. */
export class Deeds {
  readonly #options: DeedsOptions
  newest: GuardianDeed | undefined
  /** Resolves when the commands of the newest are on their wires. */
  latest: Promise<void> = Promise.resolve()

  constructor(options: DeedsOptions) {
    this.#options = options
  }

  /** Makes these safe. Resolves when the commands of all are on their wires, or could not be sent for 3 s. */
  act(keepers: readonly Keeper[], why: string, by: string): Promise<void> {
    this.latest = keepers.length === 0 ? Promise.resolve() : this.#act(keepers, why, by)
    return this.latest
  }

  /** What has come of a device. */
  note(device: string, outcome: Outcome): void {
    if (this.newest && device in this.newest.devices)
      this.newest = { ...this.newest, devices: { ...this.newest.devices, [device]: outcome } }
  }

  async #act(keepers: readonly Keeper[], why: string, by: string): Promise<void> {
    const { acted, log } = this.#options
    const at = Date.now()
    const trying = { state: 'trying' as const, ms: 0 }
    const deed = { at, why, devices: Object.fromEntries(keepers.map(({ device }) => [device, trying])) }
    this.newest = deed
    const sent = keepers.map((keeper) => this.#makeSafe(keeper))
    // After the commands: nothing that is said or written may come before them.
    acted(deed)
    log.error({ why, by, devices: Object.keys(deed.devices) }, 'the guardian makes safe')
    this.#keepLatch({ at, by, why })
    void this.#lastResort(keepers)
    await Promise.race([Promise.all(sent), wait(GIVE_UP_MS)])
    const outcomes = keepers.map(({ device, outcome }) => [device, outcome] as const)
    acted({ ...deed, devices: Object.fromEntries(outcomes) })
  }

  /** Resolves when its commands are on the wire. */
  #makeSafe(keeper: Keeper): Promise<void> {
    const onWire = Promise.withResolvers<void>()
    void keeper
      .makeSafe(() => onWire.resolve())
      .then((outcome) => {
        onWire.resolve()
        this.note(keeper.device, outcome)
        this.#options.log.warn({ device: keeper.device, ...outcome }, 'made safe')
      })
    return onWire.promise
  }

  #keepLatch(latched: Parameters<LatchFile['set']>[0]): void {
    const { latch, log } = this.#options
    try {
      if (!latch.read()) latch.set(latched)
    } catch (error) {
      log.error({ error }, 'the latch of the stop could not be kept on the disk')
    }
  }

  async #lastResort(keepers: readonly Keeper[]): Promise<void> {
    const { lastResort, log } = this.#options
    const resort = lastResort()
    if (!resort) return
    await wait(GIVE_UP_MS)
    const unsafe = keepers.filter(({ outcome }) => outcome.state === 'trying' || outcome.state === 'failed')
    if (unsafe.length === 0) return
    const devices = unsafe.map(({ device }) => device)
    log.error({ devices, file: resort.file }, 'not confirmed safe: the last resort')
    await writeFile(resort.file, resort.text).catch((error: unknown) =>
      log.error({ error }, 'the last resort could not be written'),
    )
  }
}

/** Resolves with `value` after `ms`. */
export function wait<T>(ms: number, value?: T): Promise<T | undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, value))
}
