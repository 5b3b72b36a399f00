/** The share of one core that was used between two readings, in percent. */
export class CpuShare {
  #before: { cpuMs: number; at: number } | undefined

  /** `cpuMs`: all CPU time used so far. Undefined for the first reading, and for one that shows a new process. */
  read(cpuMs: number, at: number = performance.now()): number | undefined {
    const before = this.#before
    this.#before = { cpuMs, at }
    if (!before || at <= before.at || cpuMs < before.cpuMs) return undefined
    return Math.round(((cpuMs - before.cpuMs) / (at - before.at)) * 1000) / 10
  }
}

/** The CPU time that this process has used so far, in ms. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
