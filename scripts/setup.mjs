// Brings a checkout to where it can run: node scripts/setup.mjs [--for start|test|bench|dev|check]
import { constants } from 'node:os'
import { pathToFileURL } from 'node:url'
import { builtPage } from './setup/page.mjs'
import { dependencies } from './setup/dependencies.mjs'
import { SetupError } from './setup/error.mjs'
import { lock } from './setup/lock.mjs'
import { benchPackages, packages } from './setup/packages.mjs'
import { Progress } from './setup/progress.mjs'
import { samples, samplesAtHand } from './setup/samples.mjs'
import { worker } from './setup/worker.mjs'

const everything = [dependencies, packages, samples, worker, builtPage]

const stepsFor = {
  start: [dependencies, samplesAtHand, worker, builtPage],
  test: everything,
  bench: [...everything, benchPackages],
  dev: [dependencies, samplesAtHand, worker],
  check: [dependencies],
}

/** Does what is missing for a purpose and nothing else. Answers whether all is there now; says why when it is not. */
export async function setUp(purpose) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const leave = (signal) => process.exit(128 + constants.signals[signal])
  signals.forEach((signal) => process.on(signal, leave))
  try {
    await takeSteps(stepsFor[purpose])
    return true
  } catch (error) {
    process.stderr.write(`\n${error instanceof SetupError ? error.message : error.stack}\n\n`)
    process.stderr.write('lightbench: the set-up could not be finished, the reason is above.\n')
    return false
  } finally {
    signals.forEach((signal) => process.off(signal, leave))
  }
}

async function takeSteps(steps) {
  let release
  try {
    for (const [index, step] of steps.entries()) {
      if (!(await step.needed())) continue
      release ??= await lock()
      // Whoever held the lock may have done it in the meantime.
      if (await step.needed()) await take(step, new Progress(step.name, index + 1, steps.length))
    }
  } finally {
    release?.()
  }
}

async function take(step, progress) {
  try {
    await step.run(progress)
    progress.done()
  } catch (error) {
    progress.failed()
    throw error
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const purpose = process.argv[2] === '--for' ? process.argv[3] : 'start'
  if (!stepsFor[purpose]) {
    process.stderr.write(`usage: node scripts/setup.mjs [--for ${Object.keys(stepsFor).join('|')}]\n`)
    process.exit(2)
  }
  process.exit((await setUp(purpose)) ? 0 : 1)
}
