import { topicName, type TopicKind, type TopicState } from '../../shared/topics.ts'
import { call } from './call.ts'
import { type Change, Revisions, topicsBehind } from './revisions.ts'
import { socket } from './socket.ts'

const RETRY_MS = 2000

/** What the socket tells every followed topic, whatever its state looks like. */
interface Followed {
  /** The revision that the page has; undefined while it asks for one. */
  readonly rev: number | undefined
  accept(change: Change): void
  subscribe(): Promise<void>
  lose(): void
}

// Looked up by the socket, never shown: it need not react.
// eslint-disable-next-line svelte/prefer-svelte-reactivity
const followed = new Map<string, Followed>()

/** One topic of the bridge as the page shows it. Made by `followTopic`; shared by all who follow the same name. */
export class Topic<S extends object> {
  readonly name: string
  /** The newest state; the last known one while `stale`. */
  value = $state.raw<S>()
  stale = $state(true)
  /** When it was last known to be true, by this machine's clock; 0 before the first snapshot. */
  freshAt = $state(0)

  readonly #revisions = new Revisions<S>()
  #retry: ReturnType<typeof setTimeout> | undefined
  #subscription = 0
  #followers = 0

  constructor(name: string) {
    this.name = name
  }

  get rev(): number | undefined {
    return this.#revisions.rev
  }

  /** Counts one more follower. */
  retain(): this {
    this.#followers += 1
    if (this.#followers === 1) {
      followed.set(this.name, this)
      void this.subscribe()
    }
    return this
  }

  /** One follower fewer; the last one ends the subscription. */
  dispose(): void {
    this.#followers -= 1
    if (this.#followers > 0) return
    followed.delete(this.name)
    clearTimeout(this.#retry)
    this.#subscription += 1
    if (socket.connected) void call('topic.unsubscribe', { topic: this.name }).catch(() => undefined)
  }

  /** Asks for the state anew and follows it from there. */
  async subscribe(): Promise<void> {
    clearTimeout(this.#retry)
    if (!socket.connected) return
    const subscription = ++this.#subscription
    this.#revisions.restart()
    try {
      const { rev, snapshot } = await call('topic.subscribe', { topic: this.name })
      if (subscription !== this.#subscription) return
      const whole = this.#revisions.snapshot(rev, snapshot as S)
      this.#publish()
      if (!whole) void this.subscribe()
    } catch {
      if (subscription !== this.#subscription) return
      this.lose()
      this.#retry = setTimeout(() => void this.subscribe(), RETRY_MS)
    }
  }

  /** Takes a patch that arrived for this topic. */
  accept(change: Change): void {
    const whole = this.#revisions.patch(change)
    if (!whole) void this.subscribe()
    else if (this.rev !== undefined) this.#publish()
  }

  /** The bridge is gone: what is known is from now on history. */
  lose(): void {
    if (!this.stale) this.freshAt = Date.now()
    this.stale = true
  }

  #publish(): void {
    this.value = this.#revisions.value
    this.stale = false
    this.freshAt = Date.now()
  }
}

/** The revision that the page has of each topic that it follows. */
export function followedRevisions(): Record<string, number> {
  const revisions: Record<string, number> = {}
  for (const [name, { rev }] of followed) if (rev !== undefined) revisions[name] = rev
  return revisions
}

/** What the bridge says that it has sent of `asked` before this arrived: a topic that is not there yet has missed something. */
export function compareRevisions(asked: Record<string, number>, sent: Record<string, number>): void {
  const behind = topicsBehind(asked, sent, (name) => followed.get(name)?.rev)
  for (const name of behind) void followed.get(name)?.subscribe()
}

socket.on('patch', ({ topic, ...change }) => followed.get(topic)?.accept(change))
socket.on('connect', () => followed.forEach((topic) => void topic.subscribe()))
socket.on('disconnect', () => followed.forEach((topic) => topic.lose()))

/** Follows a topic until `dispose`, over every reconnection. */
export function followTopic<K extends TopicKind>(kind: K, id?: string): Topic<TopicState<K>> {
  const name = topicName(kind, id)
  const known = followed.get(name)
  // A name belongs to one kind, so what is kept under it was made with the same state type.
  const topic = known ? (known as Topic<TopicState<K>>) : new Topic<TopicState<K>>(name)
  return topic.retain()
}
