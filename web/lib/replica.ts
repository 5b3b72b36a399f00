import { applyMergePatch } from '../../shared/merge-patch.ts'

interface Change {
  rev: number
  patch: Record<string, unknown>
}

/** A topic's state as it is known here, kept whole by its revisions. */
export class Replica<S extends object> {
  #value: S | undefined
  #rev = -1
  #early: Change[] = []

  get value(): S | undefined {
    return this.#value
  }

  /** Begins anew with a snapshot; changes that overtook it are applied if they follow it. */
  begin(rev: number, snapshot: S): void {
    this.#value = snapshot
    this.#rev = rev
    const early = this.#early
    this.#early = []
    for (const change of early) if (change.rev > this.#rev) this.apply(change)
  }

  /** Applies a change. False when one before it is missing: then only a new snapshot helps. */
  apply(change: Change): boolean {
    if (this.#value === undefined) {
      this.#early.push(change)
      return true
    }
    if (change.rev <= this.#rev) return true
    if (change.rev !== this.#rev + 1) return false
    this.#value = applyMergePatch(this.#value, change.patch)
    this.#rev = change.rev
    return true
  }
}
