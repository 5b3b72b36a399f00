import { readFileSync } from 'node:fs'

/** What the kernel says of a process (proc(5), /proc/PID/stat and /proc/PID/schedstat). */
export interface ProcessFacts {
  /** R runs or waits for the processor, S sleeps, D waits for a disk, T is stopped, Z is dead. */
  state: string
  group: number
  /** In clock ticks since the machine started: tells a process from a later one of the same number. */
  startTicks: number
  /** Time that it waited for a processor although it could run, ms. */
  waitedMs: number
}

/** Undefined for a process that is not there. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [, waited = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')
    return {
      state: fields[0] ?? '?',
      group: Number(fields[2]),
      startTicks: Number(fields[19]),
      waitedMs: Number(waited) / 1e6,
    }
  } catch {
    return undefined
  }
}

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
