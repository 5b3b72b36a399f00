import type { ServerEvents } from '../../shared/commands.ts'
import type { Handlers } from '../device/device.ts'
import type { Subscription } from '../core/stream.ts'
import type { Feeds } from './feeds.ts'
import type { StreamAck } from './stream-ack.ts'
import { TopicFeed } from './topic-feed.ts'

/** A browser that has this much waiting to be sent has a stuck link: packets and patches wait until it has drained. */
const MOST_UNSENT_PACKETS = 64

/** One browser's socket as a connection needs it. */
interface Outlet {
  emit<E extends keyof ServerEvents>(event: E, ...args: Parameters<ServerEvents[E]>): unknown
  /** Packets that wait to leave: engine.io's own count, since the socket's bufferedAmount says nothing of them. */
  unsent(): number
}

/** One browser's subscriptions, which end with it. */
export class Connection implements Disposable {
  readonly #outlet: Outlet
  readonly #feeds: Feeds
  readonly #topics = new Map<string, TopicFeed>()
  readonly #streams = new Map<string, Subscription>()

  constructor(outlet: Outlet, feeds: Feeds) {
    this.#outlet = outlet
    this.#feeds = feeds
  }

  handlers: Handlers = {
    'topic.subscribe': ({ topic: name }) => {
      const topic = this.#feeds.topicNamed(name)
      this.#topics.get(name)?.[Symbol.dispose]()
      const { rev, snapshot } = topic.snapshot()
      const feed = new TopicFeed(
        topic,
        { rev, snapshot },
        { send: (patch) => this.#outlet.emit('patch', patch), isStuck: () => this.#isStuck },
      )
      this.#topics.set(name, feed)
      return Promise.resolve({ rev, snapshot: snapshot as Record<string, unknown> })
    },
    'topic.unsubscribe': ({ topic }) => {
      this.#topics.get(topic)?.[Symbol.dispose]()
      this.#topics.delete(topic)
      return Promise.resolve({})
    },
    'stream.open': ({ stream: name, window }) => {
      const stream = this.#feeds.streamNamed(name)
      this.#streams.get(name)?.close()
      this.#streams.set(
        name,
        stream.subscribe(
          window,
          (packet) => this.#outlet.emit('stream', name, packet),
          () => this.#isStuck,
        ),
      )
      return Promise.resolve({})
    },
    'stream.close': ({ stream }) => {
      this.#streams.get(stream)?.close()
      this.#streams.delete(stream)
      return Promise.resolve({})
    },
  }

  /** The revision to which each of these topics has been sent to the browser; what it does not follow is missing. */
  revisionsOf(topics: Iterable<string>): Record<string, number> {
    const revisions: Record<string, number> = {}
    for (const name of topics) {
      const feed = this.#topics.get(name)
      if (feed) revisions[name] = feed.rev
    }
    return revisions
  }

  /** A browser has handled a packet; what it says of streams it has not opened is ignored. */
  acknowledge({ stream, seq }: StreamAck): void {
    this.#streams.get(stream)?.acknowledge(seq)
  }

  /** Sends what had to wait, as far as the link takes it. */
  resume(): void {
    for (const feed of this.#topics.values()) feed.resume()
    for (const subscription of this.#streams.values()) subscription.resume()
  }

  [Symbol.dispose](): void {
    for (const feed of this.#topics.values()) feed[Symbol.dispose]()
    for (const subscription of this.#streams.values()) subscription.close()
  }

  get #isStuck(): boolean {
    return this.#outlet.unsent() >= MOST_UNSENT_PACKETS
  }
}
