import { randomBytes } from 'node:crypto'
import { BenchError } from '../../../shared/wire/errors.ts'
import { type ChannelState, watchEvent, type WatchEvent } from '../../../shared/watches/watch-state.ts'
import { monotonicMs } from '../../core/clock.ts'
import { pause } from '../../core/deadline.ts'
import type { Logger } from '../../core/log.ts'
import type { NamedSecrets } from '../../core/named-secrets.ts'
import type { Posted } from '../store/watch-storage.ts'
import type { ChannelConfig } from '../config.ts'
import { sendOver, titleOf } from './channels.ts'
import { filledChannel } from './filled-channel.ts'
import type { Message } from './message.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FIRST_RETRY_MS = 2000
const MOST_RETRY_MS = 600_000
/** One message tells of so many at most; the outbox of a channel holds so many. */
const MOST_EVENTS = 100
const MOST_WAITING = 1000

interface Row {
  id: number
  event: WatchEvent
  /** When it happened, by the monotonic clock. */
  since: number
}

interface Outbox {
  config: ChannelConfig
  rows: Row[]
  /** Those of the message that is tried: the same until it has arrived. */
  batch: Row[]
  sending: boolean
  tries: number
  /** By the monotonic clock. */
  sentAt: number[]
  state: ChannelState
}

interface Options {
  bench: string
  channels: Readonly<Record<string, ChannelConfig>>
  /** To which channels may refer. */
  secrets: NamedSecrets
  /** Called with each change to the outbox on disk. */
  post: (posted: Posted) => void
  delivered: (id: number) => void
  changed: (channel: string, state: ChannelState) => void
  log: Logger
  signal: AbortSignal
}

/**
 * Tells people over the channels of bench.yaml. Each event is in the outbox until it has arrived: those of a few
 * seconds go together, a channel that fails is tried again ever later, and what is a day old is given up.
 */
export class Notifier {
  readonly #options: Options
  readonly #boxes = new Map<string, Outbox>()
  #lastId = 0

  constructor(options: Options, waiting: readonly Posted[]) {
    this.#options = options
    for (const [name, config] of Object.entries(options.channels)) {
      const state = { kind: config.kind, title: titleOf(config), waiting: 0, lost: 0 }
      this.#boxes.set(name, { config, rows: [], batch: [], sending: false, tries: 0, sentAt: [], state })
    }
    for (const { id, channel, body } of waiting) {
      this.#lastId = Math.max(this.#lastId, id)
      const event = watchEvent.safeParse(JSON.parse(body))
      const box = this.#boxes.get(channel)
      // A channel that bench.yaml has no more.
      if (!box || !event.success) options.delivered(id)
      else box.rows.push({ id, event: event.data, since: monotonicMs() - ageOf(event.data) })
    }
    for (const [name, box] of this.#boxes) {
      this.#show(name, box, {})
      if (box.rows.length > 0) void this.#send(name, box)
    }
  }

  has(channel: string): boolean {
    return this.#boxes.has(channel)
  }

  /** Puts an event in the outbox of a channel. A full one loses its oldest, and counts it. */
  tell(channel: string, event: WatchEvent): void {
    const box = this.#boxes.get(channel)
    if (!box) return
    const id = ++this.#lastId
    box.rows.push({ id, event, since: monotonicMs() })
    this.#options.post({ id, channel, body: JSON.stringify(event) })
    let lost = 0
    while (box.rows.length > MOST_WAITING) {
      const oldest = box.rows.shift()
      if (oldest) this.#options.delivered(oldest.id)
      lost += 1
    }
    this.#show(channel, box, { lost: box.state.lost + lost })
    void this.#send(channel, box)
  }

  /** Sends a test message now. Throws `watch.failed` when it has not arrived. */
  async test(channel: string): Promise<string> {
    const box = this.#boxes.get(channel)
    if (!box) {
      const known = [...this.#boxes.keys()].join(', ') || 'none'
      throw new BenchError(
        'input.invalid',
        `there is no channel "${channel}" in bench.yaml; there are ${known}`,
      )
    }
    try {
      await this.#sendOver(box, {
        id: this.#fresh(),
        bench: this.#options.bench,
        at: Date.now(),
        events: [],
        test: true,
      })
    } catch (cause) {
      const why = reasonOf(cause)
      this.#show(channel, box, { error: why })
      throw new BenchError('watch.failed', `the message has not arrived at ${box.state.title}: ${why}`, {
        cause,
      })
    }
    this.#show(channel, box, { error: undefined, sentAt: Date.now() })
    return `A message has arrived at ${box.state.title}.`
  }

  async #send(channel: string, box: Outbox): Promise<void> {
    if (box.sending) return
    box.sending = true
    const { signal, log } = this.#options
    try {
      if (!(await pause(box.config.groupS * 1000, signal))) return
      while (box.rows.length > 0) {
        if (!(await pause(this.#holdMs(box), signal))) return
        this.#giveUpOld(channel, box)
        if (box.batch.length === 0) box.batch = box.rows.slice(0, MOST_EVENTS)
        if (box.batch.length === 0) break
        try {
          await this.#deliver(channel, box, box.batch)
        } catch (error) {
          if (signal.aborted) return
          box.tries += 1
          const why = reasonOf(error)
          log.warn({ channel, tries: box.tries }, `a message has not arrived: ${why}`)
          this.#show(channel, box, { error: why })
          const wait = Math.min(FIRST_RETRY_MS * 2 ** (box.tries - 1), MOST_RETRY_MS)
          if (!(await pause(wait * (0.8 + 0.4 * Math.random()), signal))) return
        }
      }
    } finally {
      box.sending = false
    }
  }

  async #deliver(channel: string, box: Outbox, rows: Outbox['rows']): Promise<void> {
    const id = `${rows[0]?.id ?? 0}-${rows.at(-1)?.id ?? 0}-${rows[0]?.event.at ?? 0}`
    const events = rows.map(({ event }) => event)
    await this.#sendOver(box, { id, bench: this.#options.bench, at: Date.now(), events })
    box.tries = 0
    box.batch = []
    box.sentAt = [...box.sentAt.filter((at) => at > monotonicMs() - HOUR_MS), monotonicMs()]
    const sent = new Set(rows)
    box.rows = box.rows.filter((row) => !sent.has(row))
    for (const row of rows) this.#options.delivered(row.id)
    this.#show(channel, box, { error: undefined, sentAt: Date.now() })
  }

  async #sendOver(box: Outbox, message: Message): Promise<void> {
    const { channel, scrub } = filledChannel(box.config, this.#options.secrets)
    try {
      await sendOver(channel, message)
    } catch (error) {
      if (error instanceof Error) error.message = scrub(error.message)
      throw error
    }
  }

  /** How long until another message may go. */
  #holdMs({ config, sentAt }: Outbox): number {
    const now = monotonicMs()
    const recent = sentAt.filter((at) => at > now - HOUR_MS)
    const first = recent.at(-config.mostPerHour)
    return first === undefined ? 0 : first + HOUR_MS - now
  }

  #giveUpOld(channel: string, box: Outbox): void {
    const old = box.rows.filter(({ since }) => since < monotonicMs() - DAY_MS)
    if (old.length === 0) return
    box.rows = box.rows.filter((row) => !old.includes(row))
    box.batch = box.batch.filter((row) => !old.includes(row))
    for (const { id } of old) this.#options.delivered(id)
    this.#show(channel, box, { lost: box.state.lost + old.length })
  }

  #show(channel: string, box: Outbox, change: Partial<ChannelState>): void {
    box.state = { ...box.state, ...change, waiting: box.rows.length }
    this.#options.changed(channel, box.state)
  }

  #fresh(): string {
    return randomBytes(8).toString('hex')
  }
}

/** How old an event is that was kept over a restart: not less than nothing, where the clock was set back since. */
function ageOf({ at }: WatchEvent): number {
  return Math.max(0, Date.now() - at)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return (error.message || ('code' in error ? String(error.code) : error.name)).slice(0, 300)
}
