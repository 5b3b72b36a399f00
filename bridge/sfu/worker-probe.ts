import type { types } from 'mediasoup'
import { pause } from '../core/deadline.ts'
import { slowdownOf } from '../core/machine-load.ts'
import { StartDeadline } from '../core/start-deadline.ts'

const EVERY_MS = 1000
/** A worker answers within a millisecond, and one under load within ten. */
const ANSWER_MS = 2000

/**
 * Asks a worker of mediasoup again and again for something easy, until the signal aborts or it has closed. One that does
 * not answer within 2 s is killed, so that it is replaced as one that dies: nothing that hangs is waited for. One that
 * waits for a processor is given more.
 */
export async function probeWorker(
  worker: types.Worker,
  signal: AbortSignal,
  killing: (why: string) => void,
): Promise<void> {
  while ((await pause(EVERY_MS, signal)) && !worker.closed) {
    using deadline = new StartDeadline({ slowdown: () => slowdownOf(worker.pid) })
    deadline.begin(ANSWER_MS, (afterMs) => {
      killing(`it did not answer for ${Math.round(afterMs / 100) / 10} s`)
      killProcess(worker.pid)
    })
    // It rejects when the worker dies, which others deal with.
    await worker.getResourceUsage().catch(() => {})
  }
}

/** Ends a process at once, also one that is stopped. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone by itself.
  }
}
