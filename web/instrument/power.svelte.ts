import { powerStream, type SamplePacket } from '../../shared/wire/streams.ts'
import { bridgeClock } from '../link/clock.ts'
import { openStream, type OpenStream } from '../link/stream.ts'
import { tickingNow } from '../link/ticker.svelte.ts'
import { PowerRing } from './power-ring.ts'

/** A minute at 20 rows a second, twice what a CTP10 gives. */
const ROWS = 1200
const SPAN_MS = 60_000
const WINDOW = 4
const STALE_AFTER_MS = 500

/** The live powers of one instrument, as far as this page has received them. */
export class PowerFeed {
  /** The newest row, one value a channel; empty before the first. */
  values = $state.raw<number[]>([])
  /** When the newest row was taken, by the bridge's clock; undefined before the first. */
  takenAt = $state<number>()
  /** Packets this page was not sent because it was slow, over all its connections. */
  dropped = $state(0)

  #ring: PowerRing | undefined
  #droppedBefore = 0
  #droppedNow = 0
  readonly #stream: OpenStream

  /** How old the newest row is, in ms. */
  ageMs: number | undefined = $derived.by(() => {
    // The tick is what makes an age grow; the bridge's clock is what the samples are stamped by.
    void tickingNow()
    return this.takenAt === undefined ? undefined : Math.max(0, bridgeClock.now() - this.takenAt)
  })

  /** Whether the numbers are too old to be called live. */
  stale: boolean = $derived(this.ageMs === undefined || this.ageMs > STALE_AFTER_MS)

  constructor(device: string) {
    this.#stream = openStream(powerStream(device), WINDOW, (packet) => this.#take(packet))
  }

  /** The last minute up to now, as a strip chart draws it. */
  lastMinute(ratePerS: number): [x: number[], ...channels: (number | null)[][]] {
    void tickingNow()
    void this.takenAt
    return this.#ring?.window(bridgeClock.now(), SPAN_MS, ratePerS) ?? [[]]
  }

  /** Ends the stream. */
  close(): void {
    this.#stream.close()
  }

  #take(packet: SamplePacket): void {
    if (this.#ring?.columns !== packet.columns) this.#ring = new PowerRing(packet.columns, ROWS)
    this.#ring.push(packet.times, packet.values)
    this.#count(packet.dropped)
    if (this.#ring.length === 0) return
    this.values = this.#ring.last()
    this.takenAt = this.#ring.newest
  }

  // The bridge counts by subscription, which begins at 0 again after a reconnection.
  #count(dropped: number): void {
    if (dropped < this.#droppedNow) this.#droppedBefore += this.#droppedNow
    this.#droppedNow = dropped
    this.dropped = this.#droppedBefore + dropped
  }
}
