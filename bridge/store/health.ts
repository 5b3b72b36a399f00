import type { StoreSickness } from '../../shared/diagnostics/storage.ts'
import type { Logger } from '../core/log.ts'
import { isStorageFailure } from './sqlite-failure.ts'

/** A sick store is tried so often. */
const TRY_EVERY_MS = 1000

/** Hears that a store is sick, or sick in another way (`sick`), or well again after having been so (`wasSick`). */
export type HealthListener = (sick: StoreSickness | undefined, wasSick: StoreSickness | undefined) => void

/** How a store fares: sick from the first failure of its disk on, until a write has succeeded again. */
export class StoreHealth implements Disposable {
  readonly #log: Logger
  readonly #tryAgain: () => void
  readonly #listeners = new Set<HealthListener>()
  #sick: StoreSickness | undefined
  #trying: NodeJS.Timeout | undefined
  #closed = false

  /** `tryAgain` writes something, once a second while the store is sick, and says what came of it. */
  constructor(log: Logger, tryAgain: () => void) {
    this.#log = log
    this.#tryAgain = tryAgain
  }

  /** Undefined while it is well. */
  get sick(): StoreSickness | undefined {
    return this.#sick
  }

  /** The answer ends it. */
  on(listener: HealthListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A read or a write has failed; errors that are not the disk's are nothing to the store. */
  failed(error: unknown): void {
    if (isStorageFailure(error)) this.becomeSick(error.message)
  }

  becomeSick(why: string): void {
    if (!this.#sick) {
      this.#log.error({ why }, 'the store is sick')
      this.#show({ since: Date.now(), why, lost: 0 })
    } else if (this.#sick.why !== why) this.#show({ ...this.#sick, why })
    if (this.#closed) return
    this.#trying ??= setTimeout(() => {
      this.#trying = undefined
      this.#tryAgain()
    }, TRY_EVERY_MS)
  }

  /** Something that was to be written is lost. */
  lost(count: number, why: string): void {
    if (!this.#sick) this.becomeSick(why)
    if (this.#sick) this.#show({ ...this.#sick, lost: this.#sick.lost + count })
  }

  /** A write has succeeded. */
  succeeded(): void {
    const sick = this.#sick
    if (!sick) return
    clearTimeout(this.#trying)
    this.#trying = undefined
    this.#log.warn(sick, 'the store is well again')
    this.#show(undefined)
  }

  [Symbol.dispose](): void {
    this.#closed = true
    clearTimeout(this.#trying)
  }

  #show(sick: StoreSickness | undefined): void {
    const before = this.#sick
    this.#sick = sick
    for (const listener of this.#listeners) listener(sick, before)
  }
}
