import { bridgeClock } from '../../link/clock.ts'
import { openStream, type OpenStream } from '../../link/stream.ts'
import { tickingNow } from '../../link/ticker.svelte.ts'

const WINDOW = 4
/** Powers that are this many periods old are not live. */
const STALE_PERIODS = 3
const STALE_MS = 500

/** The newest powers of a further module, in dBm. */
export class ModuleFeed {
  values = $state.raw<number[]>([])
  #takenAt = $state<number>()
  readonly #stream: OpenStream

  constructor(stream: string) {
    this.#stream = openStream(stream, WINDOW, ({ columns, times, values }) => {
      const rows = times.length
      if (rows === 0) return
      this.values = [...values.slice((rows - 1) * columns)]
      this.#takenAt = times[rows - 1]
    })
  }

  /** Whether they are too old to be called live, given how often they are read. */
  stale(ratePerS: number): boolean {
    // The tick is what makes an age grow.
    void tickingNow()
    if (this.#takenAt === undefined) return true
    return bridgeClock.now() - this.#takenAt > Math.max(STALE_MS, (STALE_PERIODS * 1000) / ratePerS)
  }

  close(): void {
    this.#stream.close()
  }
}
