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
