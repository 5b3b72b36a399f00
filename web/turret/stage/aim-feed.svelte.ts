import { AIM_COLUMNS, aimStream } from '../../../shared/turret/tracking.ts'
import { bridgeClock } from '../../link/clock.ts'
import { openStream, type OpenStream } from '../../link/stream.ts'
import { tickingNow } from '../../link/ticker.svelte.ts'
import { PowerRing } from '../../instrument/power-ring.ts'

/** A minute of 30 pictures a second. */
const ROWS = 1800
const SPAN_MS = 60_000
const WINDOW = 8
/** Slower looking than this is drawn with gaps. */
const LEAST_RATE = 10

/** How far off the turret was during the last minute, as far as this page has received it. */
export class AimFeed {
  readonly #ring = new PowerRing(AIM_COLUMNS.length, ROWS)
  readonly #stream: OpenStream
  #packets = $state(0)

  constructor(turret: string) {
    this.#stream = openStream(aimStream(turret), WINDOW, ({ times, values }) => {
      this.#ring.push(times, values)
      this.#packets += 1
    })
  }

  /** Whether anything was tracked while the page looked. */
  get any(): boolean {
    return this.#packets > 0
  }

  /** The error across and down in px, x in seconds before now. Worked out again as time passes. */
  error(): [x: number[], across: (number | null)[], down: (number | null)[]] {
    void tickingNow()
    void this.#packets
    const [x, across = [], down = []] = this.#ring.window(bridgeClock.now(), SPAN_MS, LEAST_RATE)
    return [x, across, down]
  }

  /** Ends the stream. */
  close(): void {
    this.#stream.close()
  }
}
