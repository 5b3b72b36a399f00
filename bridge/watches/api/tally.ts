import {
  MOST_EVENTS,
  type ChannelState,
  type WatchesState,
  type WatchEvent,
  type WatchStatus,
} from '../../../shared/watches/watch-state.ts'
import { topicName } from '../../../shared/topics.ts'
import { Topic } from '../../core/topic.ts'

/** As often as the list itself. */
const SHOW_EVERY_MS = 50

const counted = {
  failing: (status: WatchStatus) => status.outcome === 'failing',
  unseen: (status: WatchStatus) => (status.unseen ?? 0) > 0,
  paused: (status: WatchStatus) => status.paused === true,
  muted: (status: WatchStatus) => status.muted === true,
}

/** The topic `watches`: counts that are kept as they change, shown 20 times a second at most. */
export class Tally implements Disposable {
  readonly topic: Topic<WatchesState>
  readonly #counts = { all: 0, failing: 0, unseen: 0, paused: 0, muted: 0 }
  readonly #queue: () => { queued: number; checking: number; refused: number }
  readonly #events: number[] = []
  #lastEvent = 0
  #timer: NodeJS.Timeout | undefined

  constructor(
    browser: WatchesState['browser'],
    queue: () => { queued: number; checking: number; refused: number },
  ) {
    this.#queue = queue
    this.topic = new Topic<WatchesState>(topicName('watches'), {
      counts: { ...this.#counts },
      ...{ queued: 0, checking: 0, refused: 0 },
      events: {},
      channels: {},
      browser,
    })
  }

  /** A watch's state was the one, and is the other now. */
  count(before: WatchStatus | undefined, now: WatchStatus | undefined): void {
    this.#counts.all += (now ? 1 : 0) - (before ? 1 : 0)
    for (const [name, is] of Object.entries(counted) as [
      keyof typeof counted,
      (status: WatchStatus) => boolean,
    ][]) {
      this.#counts[name] += (now && is(now) ? 1 : 0) - (before && is(before) ? 1 : 0)
    }
    this.show()
  }

  /** Shows the newest of everything, soon. */
  show(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.topic.merge({ counts: { ...this.#counts }, ...this.#queue() })
    }, SHOW_EVERY_MS)
  }

  /** Adds an event; the oldest goes. */
  tell(event: WatchEvent): void {
    const seq = ++this.#lastEvent
    this.#events.push(seq)
    const oldest = this.#events.length > MOST_EVENTS ? this.#events.shift() : undefined
    this.topic.merge({ events: { [seq]: event, ...(oldest !== undefined && { [oldest]: null }) } })
  }

  channel(name: string, state: ChannelState): void {
    this.topic.put({ channels: { ...this.topic.value.channels, [name]: state } })
  }

  /** Why there is no browser; undefined when there is one. */
  browserIs(reason: string | undefined): void {
    const { browser } = this.topic.value
    if (browser.reason !== reason)
      this.topic.put({ browser: { ...browser, available: reason === undefined, reason } })
  }

  browserRestarted(): void {
    const { browser } = this.topic.value
    this.topic.put({ browser: { ...browser, restarts: browser.restarts + 1 } })
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}
