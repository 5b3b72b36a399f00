import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BenchError } from '../../shared/wire/errors.ts'
import { createLog } from '../core/log.ts'
import { STAYS_DOWN } from '../guardian/protocol.ts'
import { readLaunch } from './bench-file.ts'
import { Child } from './child.ts'

const log = createLog().child({ part: 'launcher' })
const { values } = parseArgs({
  strict: false,
  options: { config: { type: 'string', default: 'bench.yaml' }, 'with-parent': { type: 'boolean' } },
})
const given = process.argv.slice(2).filter((arg) => arg !== '--with-parent')
const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
const flags = JSON.parse(readFileSync(file('node-flags.json'), 'utf8')) as string[]

let closing = false
let exitCode = 0
const over = Promise.withResolvers<void>()
function close(code: number): void {
  if (closing) return
  closing = true
  exitCode = code
  over.resolve()
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => close(0))
if (values['with-parent'] === true) {
  process.stdin.resume().once('close', () => close(0))
  process.stdin.unref()
}

try {
  const { dataDir, simulators } = await readLaunch(String(values.config))
  const instruments = simulators.map(
    ({ program, args }) =>
      new Child({
        args: [file(`../simulators/${program}/main.ts`), ...args],
        group: true,
        quiet: true,
        ended: (code, signal) => {
          if (!closing) log.warn({ program, code, signal }, 'the simulator ended: it is started again')
          return !closing
        },
      }),
  )
  const guardian = new Child({
    args: [file('guardian/main.ts'), '--data', dataDir],
    group: true,
    ended: (code, signal) => {
      if (!closing) log.error({ code, signal }, 'the guardian ended: it is started again')
      return !closing
    },
    started: (pid) => log.info({ pid }, 'the guardian is started'),
  })
  let hasRun = false
  const bridge = new Child({
    args: [...flags, file('main.ts'), ...given, '--without-simulators'],
    group: true,
    ended: (code, signal, wasReady) => {
      hasRun ||= wasReady
      // An end in order is somebody's wish; what never ran is a mistake in its configuration, and stays one.
      if (closing || code === 0 || (code !== null && !hasRun)) close(code ?? 0)
      // Its guardian goes on, says why on a page of its own, and still stops.
      if (code === STAYS_DOWN && hasRun) log.fatal('the bridge stays down: see the guardian’s page')
      else if (!closing) log.error({ code, signal }, 'the bridge ended: it is started again')
      return !closing && code !== STAYS_DOWN
    },
    started: (pid) => log.info({ pid }, 'the bridge is started'),
  })
  await over.promise
  await bridge.end()
  await guardian.end()
  await Promise.all(instruments.map((instrument) => instrument.end()))
} catch (error) {
  if (!(error instanceof BenchError)) throw error
  process.stderr.write(`${error.message}\n`)
  exitCode = 1
}
process.exit(exitCode)
