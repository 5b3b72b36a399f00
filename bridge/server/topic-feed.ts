import type { ServerEvents } from '../../shared/commands.ts'
import { diffMerge, type State } from '../../shared/wire/merge-patch.ts'
import type { Change, Topic } from '../core/topic.ts'

/** A topic as those who follow it know it. One whose state is too large to be kept for each of them tells changes alone. */
export type Followed = Pick<Topic<object>, 'name' | 'snapshot'> & {
  subscribe(listener: (change: Change, state?: object) => void): () => void
}

type Patch = Parameters<ServerEvents['patch']>[0]

/** The link to one browser. */
interface Link {
  send(patch: Patch): void
  /** Whether so much waits to leave that a patch is to wait as well. */
  isStuck(): boolean
}

interface At {
  rev: number
  state: object | undefined
}

/**
 * A topic as one browser is told of it. What a stuck link keeps from it is owed: it gets one patch in place of all that it
 * missed, or is made to subscribe anew, so that the last change before silence always arrives. Two states are kept at
 * most, however long the link is stuck.
 */
export class TopicFeed implements Disposable {
  readonly #topic: string
  readonly #link: Link
  readonly #end: () => void
  #sent: At
  /** `patch` while it is the only one that was kept back. */
  #owed: (At & { patch: State | undefined }) | undefined

  /** `rev` and `snapshot` are what the browser is answered, taken from the topic in this very tick. */
  constructor(topic: Followed, { rev, snapshot }: { rev: number; snapshot: object }, link: Link) {
    this.#topic = topic.name
    this.#link = link
    this.#sent = { rev, state: snapshot }
    this.#end = topic.subscribe((change, state) => this.#changed(change, state))
  }

  /** The revision that the browser has once it has read what was sent. */
  get rev(): number {
    return this.#sent.rev
  }

  /** Sends what is owed when the link takes it. */
  resume(): void {
    if (!this.#owed || this.#link.isStuck()) return
    const { rev: since, state: before } = this.#sent
    const { patch, ...owed } = this.#owed
    this.#owed = undefined
    this.#sent = owed
    const { rev, state } = owed
    if (patch) this.#link.send({ topic: this.#topic, rev, patch })
    // From the two states: the patches themselves do not add up to one (a member that was removed and came back).
    else if (before && state)
      this.#link.send({ topic: this.#topic, rev, since, patch: diffMerge(before, state) ?? {} })
    // A gap, at which a browser subscribes anew.
    else this.#link.send({ topic: this.#topic, rev, patch: {} })
  }

  [Symbol.dispose](): void {
    this.#end()
  }

  #changed({ rev, patch }: Change, state: object | undefined): void {
    // The snapshot may be newer than what others are still being told of.
    if (rev <= this.#sent.rev) return
    this.#owed = { rev, state, patch: this.#owed ? undefined : patch }
    this.resume()
  }
}
