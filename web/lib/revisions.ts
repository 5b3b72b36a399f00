import { applyMergePatch } from '../../shared/merge-patch.ts'

interface Change {
  rev: number
  patch: object
}

/** A bridge that sends more than this before it answers the subscription is asked again. */
const BUFFER_LIMIT = 1000

/**
 * A topic's state put together from a snapshot and the patches after it. Patches that overtake the snapshot are kept
 * until it is there; a missing one is a gap, after which only a new snapshot helps.
 */
export class Revisions<S extends object> {
  value: S | undefined
  #rev: number | undefined
  #early: Change[] = []

  /** Whether patches apply, that is, a snapshot is there and nothing after it was missed. */
  get synced(): boolean {
    return this.#rev !== undefined
  }

  /** Before a subscription: what is known stays readable, but patches wait for the new snapshot. */
  restart(): void {
    this.#rev = undefined
    this.#early = []
  }

  /** The answer to a subscription. False when the patches that waited for it have a gap. */
  snapshot(rev: number, value: S): boolean {
    this.value = value
    this.#rev = rev
    const early = this.#early.sort((a, b) => a.rev - b.rev)
    this.#early = []
    return early.every((change) => this.patch(change.rev, change.patch))
  }

  /** One patch. False when one before it is missing: subscribe again. */
  patch(rev: number, patch: object): boolean {
    if (this.#rev === undefined || this.value === undefined) {
      if (this.#early.length < BUFFER_LIMIT) this.#early.push({ rev, patch })
      return true
    }
    if (rev <= this.#rev) return true
    if (rev > this.#rev + 1) {
      this.restart()
      return false
    }
    this.value = applyMergePatch(this.value, patch)
    this.#rev = rev
    return true
  }
}
