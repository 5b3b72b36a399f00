import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Diagnostics } from '../../shared/diagnostics/diagnostics.ts'

const RESOLUTION_MS = 10
const NS_A_MS = 1e6

interface Span {
  medianMs: number
  p99Ms: number
  mostMs: number
}

/** By how much the event loop lets timers wait, span by span. */
export class EventLoopDelay implements Disposable {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>
  readonly #spans: Span[] = []
  readonly #keeps: number

  /** Keeps the newest `keeps` spans. */
  constructor(keeps: number) {
    this.#keeps = keeps
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#histogram.enable()
  }

  /** Ends a span and begins the next. */
  turn(): void {
    const histogram = this.#histogram
    // What Node counts is the whole interval: the delay is what it is longer than it was to be.
    const late = (ns: number): number => Math.max(0, Math.round((ns / NS_A_MS - RESOLUTION_MS) * 100) / 100)
    if (histogram.count > 0) {
      this.#spans.push({
        medianMs: late(histogram.percentile(50)),
        p99Ms: late(histogram.percentile(99)),
        mostMs: late(histogram.max),
      })
      if (this.#spans.length > this.#keeps) this.#spans.shift()
    }
    histogram.reset()
  }

  /** The median span's median, and of the worst span its 99th percentile and its longest. */
  summary(): Diagnostics['bridge']['eventLoop'] {
    if (this.#spans.length === 0) return undefined
    const medians = this.#spans.map(({ medianMs }) => medianMs).sort((a, b) => a - b)
    return {
      medianMs: medians[Math.floor(medians.length / 2)] ?? 0,
      p99Ms: Math.max(...this.#spans.map(({ p99Ms }) => p99Ms)),
      mostMs: Math.max(...this.#spans.map(({ mostMs }) => mostMs)),
    }
  }

  [Symbol.dispose](): void {
    this.#histogram.disable()
  }
}
