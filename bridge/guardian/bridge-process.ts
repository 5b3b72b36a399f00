import { type ProcessFacts, processFacts } from '../core/process-facts.ts'

/** The bridge's process as the guardian watches it. */
export class BridgeProcess {
  readonly pid: number
  readonly #startTicks: number | undefined
  #waitedMs = 0

  constructor(pid: number) {
    this.pid = pid
    const facts = processFacts(pid)
    this.#startTicks = facts?.startTicks
    this.#waitedMs = facts?.waitedMs ?? 0
  }

  /** Whether it could run and was given no processor for most of `ms`, which is the time since `beats` was called. */
  starves(ms: number): boolean {
    const facts = this.#facts()
    return facts?.state === 'R' && facts.waitedMs - this.#waitedMs > ms / 2
  }

  /** Whether it may go on by itself: it has not ended, and nobody has stopped it. */
  runs(): boolean {
    return !['T', 't', 'Z'].includes(this.#facts()?.state ?? 'Z')
  }

  /** It has just shown that it lives. */
  beats(): void {
    this.#waitedMs = this.#facts()?.waitedMs ?? this.#waitedMs
  }

  /** Ends it with all of its group when it leads one: its cameras, media workers and checks. */
  end(): void {
    const facts = this.#facts()
    if (!facts) return
    try {
      process.kill(facts.group === this.pid ? -this.pid : this.pid, 'SIGKILL')
    } catch {
      // It has ended by itself meanwhile.
    }
  }

  /** Undefined also when another process has taken the number. */
  #facts(): ProcessFacts | undefined {
    const facts = processFacts(this.pid)
    return facts && facts.startTicks === this.#startTicks ? facts : undefined
  }
}
