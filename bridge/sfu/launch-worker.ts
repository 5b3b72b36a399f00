import { readFileSync } from 'node:fs'
import { createWorker, type types } from 'mediasoup'
import { withStartDeadline } from '../core/start-deadline.ts'
import { killProcess } from './worker-probe.ts'

const START_MS = 10_000

/**
 * Starts a worker of mediasoup. Rejects with `device.timeout` when it says nothing for 10 s (on a busy machine later),
 * and kills it then: mediasoup hands a worker out once it runs, and would wait for ever for one that hangs.
 */
export async function launchWorker(settings: types.WorkerSettings): Promise<types.Worker> {
  const before = children()
  const starting = createWorker(settings)
  const begun = [...children()].filter((pid) => !before.has(pid))
  return withStartDeadline(starting, START_MS, 'starting a mediasoup worker', {
    late: (worker) => worker.close(),
  }).catch((error: unknown) => {
    for (const pid of begun) killProcess(pid)
    throw error
  })
}

/** The processes that this one has started (proc(5), /proc/PID/task/TID/children); none where the kernel does not say. */
function children(): Set<number> {
  try {
    const list = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1')
    return new Set(list.split(' ').filter(Boolean).map(Number))
  } catch {
    return new Set()
  }
}
