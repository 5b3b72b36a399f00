import { encodeSamples } from '../../shared/wire/streams.ts'
import { CreditWindow } from './credit.ts'

/** One row of samples: when (ms since the epoch), and a value a column. `pushedAt` is by performance.now(): how old it is, whoever sets the clock. */
interface Row {
  time: number
  pushedAt: number
  values: readonly number[]
}

/** Rows as all subscribers get them; only a packet's number is each one's own. */
interface Batch {
  times: Float64Array
  values: Float32Array
}

/** Where packets of one subscriber go. */
export type PacketSink = (packet: Uint8Array<ArrayBuffer>) => void

/** A subscription to a stream. */
export interface Subscription {
  acknowledge(seq: number): void
  /** Sends what had to wait, if it may be sent now. */
  resume(): void
  close(): void
}

/** Samples to any number of subscribers, each at its own pace: one slow browser slows nobody. */
export class Stream {
  readonly name: string
  readonly columns: number
  readonly #backlogRows: number
  readonly #backlog: Row[] = []
  readonly #subscribers = new Set<CreditWindow<Batch>>()

  /** Keeps the newest `backlogRows` for those who come later: they begin with them, as one packet. */
  constructor(name: string, columns: number, backlogRows = 600) {
    this.name = name
    this.columns = columns
    this.#backlogRows = backlogRows
  }

  /** Hands a row to every subscriber. `values` has one entry a column; NaN where there is none. */
  push(time: number, values: readonly number[]): void {
    const row = { time, pushedAt: performance.now(), values }
    this.#backlog.push(row)
    if (this.#backlog.length > this.#backlogRows) this.#backlog.shift()
    if (this.#subscribers.size === 0) return
    const batch = batchOf([row])
    for (const subscriber of this.#subscribers) subscriber.offer(batch)
  }

  /** Hands rows of one time to every subscriber, in one packet; only these are kept for those who come later. */
  pushAll(time: number, rows: readonly (readonly number[])[]): void {
    const pushedAt = performance.now()
    this.#backlog.splice(0, Infinity, ...rows.map((values) => ({ time, pushedAt, values })))
    if (this.#subscribers.size === 0) return
    const batch = batchOf(this.#backlog)
    for (const subscriber of this.#subscribers) subscriber.offer(batch)
  }

  /** The newest row there is. */
  get newest(): Row | undefined {
    return this.#backlog.at(-1)
  }

  /** Packets wait while `isStuck` says that the subscriber's link takes none. */
  subscribe(window: number, sink: PacketSink, isStuck?: () => boolean): Subscription {
    const credit = new CreditWindow<Batch>(
      window,
      ({ times, values }, seq, dropped) =>
        sink(encodeSamples({ seq, dropped, columns: this.columns, times, values })),
      { ...(isStuck && { isStuck }) },
    )
    this.#subscribers.add(credit)
    if (this.#backlog.length > 0) credit.offer(batchOf(this.#backlog))
    return {
      acknowledge: (seq) => credit.acknowledge(seq),
      resume: () => credit.resume(),
      close: () => this.#subscribers.delete(credit),
    }
  }
}

function batchOf(rows: readonly Row[]): Batch {
  return {
    times: Float64Array.from(rows, (row) => row.time),
    values: Float32Array.from(rows.flatMap((row) => row.values)),
  }
}
