import { readingsStream, type SamplePacket } from '../../../shared/wire/streams.ts'
import { bridgeClock } from '../../link/clock.ts'
import { openStream, type OpenStream } from '../../link/stream.ts'
import { tickingNow } from '../../link/ticker.svelte.ts'
import { PowerRing } from '../power-ring.ts'

/** A minute of the quickest reading there can be, 50 a second. */
const ROWS = 3000
const SPAN_MS = 60_000
const WINDOW = 4

/** A line of the last minute: x in seconds before now, and null where it is interrupted. */
export type Line = [x: number[], y: (number | null)[]]

/** The numbers of one declared instrument as far as this page has received them, each in a ring of its own pace. */
export class ReadingsFeed {
  // Read anew with each packet and each tick: it need not react.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #rings = new Map<number, PowerRing>()
  readonly #stream: OpenStream
  #packets = $state(0)

  constructor(device: string) {
    this.#stream = openStream(readingsStream(device), WINDOW, (packet) => this.#take(packet))
  }

  /** The last minute of a column whose reading is taken `ratePerS` times a second. Worked out again as time passes. */
  lastMinute(column: number, ratePerS: number): Line {
    void tickingNow()
    void this.#packets
    const [x, y = []] = this.#rings.get(column)?.window(bridgeClock.now(), SPAN_MS, ratePerS) ?? [[]]
    return [x, y]
  }

  /** What came before is of another unit. */
  forget(column: number): void {
    this.#rings.delete(column)
  }

  /** Ends the stream. */
  close(): void {
    this.#stream.close()
  }

  #take({ columns, times, values }: SamplePacket): void {
    times.forEach((time, row) => {
      for (let column = 0; column < columns; column++) {
        const value = values[row * columns + column]!
        // NaN: this row is of other readings. Infinity was asked for and is a gap, which the ring makes of it.
        if (Number.isNaN(value)) continue
        let ring = this.#rings.get(column)
        if (!ring) this.#rings.set(column, (ring = new PowerRing(1, ROWS)))
        ring.push(Float64Array.of(time), Float32Array.of(value))
      }
    })
    this.#packets += 1
  }
}
