import { BenchError } from '../../shared/wire/errors.ts'
import type { Stream } from '../core/stream.ts'
import type { Followed } from './topic-feed.ts'

/** The topics and streams there are, by name: what a browser can follow. */
export class Feeds {
  readonly #topics = new Map<string, Followed>()
  readonly #streams = new Map<string, Stream>()

  addTopic<T extends Followed>(topic: T): T {
    this.#topics.set(topic.name, topic)
    return topic
  }

  /** The same stream for the same name: a device that is opened again goes on where it left off. */
  stream(name: string, make: () => Stream): Stream {
    const known = this.#streams.get(name)
    if (known) return known
    const stream = make()
    this.#streams.set(name, stream)
    return stream
  }

  /** Throws `input.invalid` with the names there are. */
  topicNamed(name: string): Followed {
    return this.#named('topic', this.#topics, name)
  }

  /** The stream of this name, once its device has made it. */
  findStream(name: string): Stream | undefined {
    return this.#streams.get(name)
  }

  /** Throws `input.invalid` with the names there are. */
  streamNamed(name: string): Stream {
    return this.#named('stream', this.#streams, name)
  }

  #named<T>(what: string, all: Map<string, T>, name: string): T {
    const found = all.get(name)
    if (found) return found
    throw new BenchError(
      'input.invalid',
      `there is no ${what} "${name}"; there are ${[...all.keys()].join(', ') || 'none'}`,
    )
  }
}
