const KEPT = 10
/** What two honest round trips may disagree by beyond their own length, before one of the clocks was set anew. */
const TOLERANCE_MS = 20

/** One question and its answer: how long it took, and how far the other clock was ahead of this one. */
interface RoundTrip {
  rttMs: number
  offsetMs: number
}

/** This machine's clock in ms since the epoch, with fractions. */
export function pageNow(): number {
  return performance.timeOrigin + performance.now()
}

/** The bridge's clock as this page sees it, from round trips: the shortest of the last few is the one to believe. */
export class BridgeClock {
  #trips: RoundTrip[] = []
  readonly #local: () => number

  constructor(local: () => number = pageNow) {
    this.#local = local
  }

  /** Notes that the bridge answered `bridgeNow` to a question sent and answered at these local times. */
  note(sentAt: number, receivedAt: number, bridgeNow: number): void {
    const trip = { rttMs: receivedAt - sentAt, offsetMs: bridgeNow - (sentAt + receivedAt) / 2 }
    const best = this.#best()
    if (best && Math.abs(trip.offsetMs - best.offsetMs) > (trip.rttMs + best.rttMs) / 2 + TOLERANCE_MS) {
      this.#trips = []
    }
    this.#trips = [...this.#trips.slice(1 - KEPT), trip]
  }

  /** Forgets every round trip: after a sleep or a restart of the bridge they say nothing. */
  reset(): void {
    this.#trips = []
  }

  /** The bridge's time now, in ms since the epoch; this machine's own until the bridge has answered once. */
  now(): number {
    const best = this.#best()
    // Two ends on one machine share a clock: an offset that the round trip explains is none.
    const known = best !== undefined && Math.abs(best.offsetMs) > best.rttMs / 2 + 1
    return this.#local() + (known ? best.offsetMs : 0)
  }

  /** The shortest round trip in ms, or undefined before the first. */
  rttMs(): number | undefined {
    return this.#best()?.rttMs
  }

  #best(): RoundTrip | undefined {
    return this.#trips.reduce<RoundTrip | undefined>(
      (best, trip) => (best && best.rttMs <= trip.rttMs ? best : trip),
      undefined,
    )
  }
}

/** The clock of the bridge this page is connected to. */
export const bridgeClock = new BridgeClock()
