// What the scripts of package.json start: node scripts/run.mjs TASK [arguments]
import { pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'
import { bench } from './tasks/bench.mjs'
import { check } from './tasks/check.mjs'
import { cli } from './tasks/cli.mjs'
import { dev } from './tasks/dev.mjs'
import { soak } from './tasks/soak.mjs'
import { start } from './tasks/start.mjs'
import { test } from './tasks/test.mjs'

const tasks = { start, cli, dev, test, check, bench, soak }

/** Sets up what a task needs, runs it, and ends this process with its exit code. */
export async function run(name, args) {
  const task = tasks[name]
  if (!task) {
    process.stderr.write(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')} [arguments]\n`)
    process.exit(2)
  }
  if (await setUp(task.setUpFor)) process.exit(await task.run(args))
  task.notSetUp?.()
  process.exit(1)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await run(process.argv[2], process.argv.slice(3))
