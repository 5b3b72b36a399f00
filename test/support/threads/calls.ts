import { parentPort } from 'node:worker_threads'
import { BenchError } from '../../../shared/wire/errors.ts'
import { notify, serveCalls } from '../../../bridge/core/worker-call.ts'

/** A thread that does as it is told, and hangs or ends when it is told so. */
export type TestJobs = {
  echo: (text: string) => string
  slowly: (ms: number) => Promise<number>
  refuse: (message: string) => never
  throw: (message: string) => never
  hang: (input: object) => never
  exit: (code: number) => never
  tell: (notice: string) => void
}

serveCalls<TestJobs>(parentPort, {
  echo: (text) => text,
  slowly: (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms)),
  refuse: (message) => {
    throw new BenchError('storage.full', message)
  },
  throw: (message) => {
    throw new Error(message)
  },
  hang: () => {
    for (;;);
  },
  exit: (code) => process.exit(code),
  tell: (notice) => notify(parentPort, notice),
})
