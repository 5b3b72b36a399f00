import type { SerializedError } from 'vitest'
import type { Reporter, TestModule, TestSuite } from 'vitest/node'

/** How a test run went, as the runner prints it in its last line. */
export interface Tally {
  passed: number
  failed: number
  skipped: number
}

/** Counts the tests and sends the count to the process that started the run, which prints it when all else is said. */
export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tally: Tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) count(module, tally)
    process.send?.({ tally })
  }
}

function count(module: TestModule, tally: Tally) {
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    // A test that is still pending at the end was never reached, because something broke before it.
    tally[state === 'pending' ? 'failed' : state] += 1
  }
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()]
  for (const suite of suites) tally.failed += suite.errors().length
}
