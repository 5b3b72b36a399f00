import { parseArgs } from 'node:util'
import { BenchError } from '../shared/wire/errors.ts'
import { type Bench, openBench } from './bench/bench.ts'
import { loadConfig } from './bench/config.ts'
import { createLog } from './core/log.ts'
import { SystemdNotify } from './core/systemd-notify.ts'
import { drivers } from './bench/drivers.ts'
import { STAYS_DOWN } from './guardian/protocol.ts'

/** Whatever hangs, the process is gone by then; its children end when it does. */
const SHUTDOWN_MS = 2800

/** What makes devices safe is given so long to leave, before the process ends by its own fault. */
const CRASH_MS = 200

const log = createLog()
const systemd = new SystemdNotify()
const closing = new AbortController()
let running: Bench | undefined

/** Nobody knows any more what this process does: it makes safe, and ends. */
function crash(error: unknown): void {
  process.exitCode = 1
  // Also when what is done here fails: there is no second chance.
  setTimeout(() => process.exit(1), CRASH_MS)
  log.fatal({ error }, 'the bridge failed: it makes everything safe, and ends')
  running?.crash(error instanceof Error ? error.message : String(error))
}
let crashing = false
for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, (error: unknown) => {
    if (crashing) return
    crashing = true
    crash(error)
  })
}

function close(why: string): void {
  if (closing.signal.aborted) return
  log.info({ why }, 'closing')
  setTimeout(() => {
    log.error('closing took too long: leaving')
    process.exit(1)
  }, SHUTDOWN_MS).unref()
  closing.abort()
}

/** On standard output and not in the log, which others may read: the link makes an administrator. */
function sayHowToSetUp(url: string): void {
  process.stdout.write(
    `\nNobody can sign in yet. Within the hour, make the first administrator at\n  ${url}\n\n`,
  )
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Not once: without a listener a second signal would end the process in the middle of making things safe.
  process.on(name, () => close(name))
}

try {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: 'bench.yaml' },
      port: { type: 'string' },
      host: { type: 'string' },
      'without-simulators': { type: 'boolean', default: false },
      'without-guardian': { type: 'boolean', default: false },
      'with-parent': { type: 'boolean', default: false },
    },
  })
  if (values['with-parent']) {
    // Whoever started this holds the other end, and lets go of it even when it is killed.
    process.stdin.resume().once('close', () => close('the program that started this has ended'))
    process.stdin.unref()
  }
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new BenchError(
      'config.invalid',
      `--port ${values.port ?? ''}: expected a whole number from 0 to 65535`,
    )
  }
  const config = await loadConfig(values.config, drivers, { host: values.host, port })
  for (const warning of config.warnings) log.warn(warning)
  await using bench = await openBench(config, closing.signal, log, {
    withoutGuardian: values['without-guardian'],
    withoutSimulators: values['without-simulators'],
  })
  running = bench
  // The launcher starts again what has run once; what fails before is a mistake that stays one.
  process.send?.({ ready: true })
  systemd.ready()
  if (!closing.signal.aborted) {
    log.info({ url: bench.url }, `${config.title} is at ${bench.url}`)
    if (bench.setupUrl) sayHowToSetUp(bench.setupUrl)
    await new Promise((resolve) => closing.signal.addEventListener('abort', resolve, { once: true }))
  }
} catch (error) {
  if (error instanceof BenchError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${(error as Error).message}\n`)
  } else log.fatal({ error }, 'the bridge failed')
  process.exitCode = error instanceof BenchError && error.code === 'guardian.lost' ? STAYS_DOWN : 1
}
