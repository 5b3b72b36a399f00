import { applyMergePatch } from '../../shared/wire/merge-patch.ts'

/** What turns revision `since` into `rev`; where `since` is missing it is the one before. */
export interface Change {
  rev: number
  since?: number
  patch: object
}

/**
 * The topics of which something is missing, to be subscribed to anew. The page asked about `asked`, was told what the
 * bridge had sent of them before that answer, and has `have` now, with nothing of a topic that it asks for just now.
 */
export function topicsBehind(
  asked: Record<string, number>,
  sent: Record<string, number>,
  have: (topic: string) => number | undefined,
): string[] {
  return Object.keys(asked).filter((name) => {
    const rev = have(name)
    // The bridge does not send what it does not know to be followed.
    return rev !== undefined && rev < (sent[name] ?? Infinity)
  })
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
  #earlyLost = false

  /** The revision that is known; undefined while patches do not apply: there is no snapshot, or something after it was missed. */
  get rev(): number | undefined {
    return this.#rev
  }

  /** Before a subscription: what is known stays readable, but patches wait for the new snapshot. */
  restart(): void {
    this.#rev = undefined
    this.#early = []
    this.#earlyLost = false
  }

  /** The answer to a subscription. False when the patches that waited for it have a gap. */
  snapshot(rev: number, value: S): boolean {
    this.value = value
    this.#rev = rev
    const early = this.#early.sort((a, b) => a.rev - b.rev)
    this.#early = []
    if (!this.#earlyLost && early.every((change) => this.patch(change))) return true
    this.restart()
    return false
  }

  /** One patch. False when one before it is missing: subscribe again. */
  patch(change: Change): boolean {
    const { rev, since = rev - 1, patch } = change
    if (this.#rev === undefined || this.value === undefined) {
      if (this.#early.length < BUFFER_LIMIT) this.#early.push(change)
      else this.#earlyLost = true
      return true
    }
    if (rev <= this.#rev) return true
    // One that stands for several holds for exactly the state that it begins from: what came and went since is not in it.
    if (since !== this.#rev) {
      this.restart()
      return false
    }
    this.value = applyMergePatch(this.value, patch)
    this.#rev = rev
    return true
  }
}
