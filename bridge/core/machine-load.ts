import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { processFacts } from './process-facts.ts'

/** Whatever the machine does: what has not happened in ten times its time is not late but hangs. */
export const MOST_SLOWDOWN = 10
const RESOURCES = ['cpu', 'io', 'memory'] as const

/** What the kernel says of how busy the machine is; each undefined where it does not say. */
export interface MachineLoad {
  /**
   * Of the last 10 s, the share in which something waited for a processor, a disk or memory, 0 to 1: the worst of the
   * three (/proc/pressure, kernel Documentation/accounting/psi.rst).
   */
  stalled: number | undefined
  /** How many threads want a processor now, for each there is (/proc/loadavg). */
  perProcessor: number | undefined
}

/** Reads it from the kernel: some 50 µs. */
export function machineLoad(): MachineLoad {
  const shares = RESOURCES.flatMap((resource) => stalledBy(read(`/proc/pressure/${resource}`)) ?? [])
  const running = /^(?:\S+ ){3}(\d+)\//.exec(read('/proc/loadavg'))?.[1]
  return {
    stalled: shares.length === 0 ? undefined : Math.max(...shares),
    perProcessor: running === undefined ? undefined : Number(running) / availableParallelism(),
  }
}

/** How many times as long as on a quiet machine anything takes on this one, 1 to 10. */
export function slowdown({ stalled, perProcessor }: MachineLoad = machineLoad()): number {
  // Without pressure what runs just now has to do: it is a sample, and no average.
  const times = stalled === undefined ? (perProcessor ?? 1) : 1 / Math.max(1 - stalled, 1 / MOST_SLOWDOWN)
  return Math.min(Math.max(times, 1), MOST_SLOWDOWN)
}

/**
 * The same for a process that runs: it is slow only while it wants a processor or waits for a disk. One that sleeps, or
 * was stopped, and says nothing, hangs on a busy machine as well.
 */
export function slowdownOf(pid: number | undefined): number {
  const state = pid === undefined ? undefined : processFacts(pid)?.state
  return state === 'R' || state === 'D' ? slowdown() : 1
}

function stalledBy(pressure: string): number | undefined {
  const percent = /^some avg10=([\d.]+)/.exec(pressure)?.[1]
  return percent === undefined ? undefined : Number(percent) / 100
}

/** Empty where there is no such file: a kernel without pressure, a container that hides it. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
