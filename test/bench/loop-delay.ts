import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into a program that is measured, before its own first line: at the first SIGUSR2 it begins to watch how late
// the program's timers are, and at the next it says so on stdout.
const RESOLUTION_MS = 1
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
let cpu: NodeJS.CpuUsage | undefined
let since = 0

/** What the program says. Delays in ms; CPU in percent of one core. */
export interface LoopDelay {
  p50Ms: number
  p99Ms: number
  mostMs: number
  cpuPercent: number
}

process.on('SIGUSR2', () => {
  if (!cpu) {
    delay.reset()
    delay.enable()
    cpu = process.cpuUsage()
    since = performance.now()
    return
  }
  const { user, system } = process.cpuUsage(cpu)
  const late = (ns: number): number => ns / 1e6 - RESOLUTION_MS
  const loopDelay: LoopDelay = {
    p50Ms: late(delay.percentile(50)),
    p99Ms: late(delay.percentile(99)),
    mostMs: late(delay.max),
    cpuPercent: (user + system) / 10 / (performance.now() - since),
  }
  delay.disable()
  cpu = undefined
  process.stdout.write(`${JSON.stringify({ loopDelay })}\n`)
})
