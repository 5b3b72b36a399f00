import type { ServerEvents } from '../../shared/commands.ts'
import type { Handlers } from '../core/device.ts'
import type { Subscription } from '../core/stream.ts'
import type { Feeds } from './feeds.ts'
import type { StreamAck } from './stream-ack.ts'

/**
 * A packet or a patch is left out for a browser that has this much waiting to be sent: its link is stuck. It sees the gap
 * in a topic's revisions when it reads again, and subscribes anew.
 */
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
  readonly #topics = new Map<string, () => void>()
  readonly #streams = new Map<string, Subscription>()

  constructor(outlet: Outlet, feeds: Feeds) {
    this.#outlet = outlet
    this.#feeds = feeds
  }

  handlers: Handlers = {
    'topic.subscribe': ({ topic: name }) => {
      const topic = this.#feeds.topicNamed(name)
      this.#topics.get(name)?.()
      this.#topics.set(
        name,
        topic.subscribe(({ rev, patch }) => {
          if (this.#outlet.unsent() < MOST_UNSENT_PACKETS)
            this.#outlet.emit('patch', { topic: name, rev, patch })
        }),
      )
      const { rev, snapshot } = topic.snapshot()
      return Promise.resolve({ rev, snapshot: snapshot as Record<string, unknown> })
    },
    'topic.unsubscribe': ({ topic }) => {
      this.#topics.get(topic)?.()
      this.#topics.delete(topic)
      return Promise.resolve({})
    },
    'stream.open': ({ stream: name, window }) => {
      const stream = this.#feeds.streamNamed(name)
      this.#streams.get(name)?.close()
      this.#streams.set(
        name,
        stream.subscribe(window, (packet) => {
          if (this.#outlet.unsent() < MOST_UNSENT_PACKETS) this.#outlet.emit('stream', name, packet)
        }),
      )
      return Promise.resolve({})
    },
    'stream.close': ({ stream }) => {
      this.#streams.get(stream)?.close()
      this.#streams.delete(stream)
      return Promise.resolve({})
    },
  }

  /** A browser has handled a packet; what it says of streams it has not opened is ignored. */
  acknowledge({ stream, seq }: StreamAck): void {
    this.#streams.get(stream)?.acknowledge(seq)
  }

  [Symbol.dispose](): void {
    for (const end of this.#topics.values()) end()
    for (const subscription of this.#streams.values()) subscription.close()
  }
}
