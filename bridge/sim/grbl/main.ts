import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { Controller } from './controller.ts'
import { serve } from './server.ts'
import { serveWorld, type World } from './world.ts'

const usage = `node bridge/sim/grbl/main.ts [--port 5030] [--host 127.0.0.1] [--travel 200,100] [--from-home 100,50]
  [--backlash 0,0] [--settings 22=0,32=0] [--dwell-step 50] [--reset-ms 5] [--reset-on-connect] [--world 5031]
  [--with-parent]`

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function numbers(name: string, text: string, low: number, high: number): number[] {
  const values = text.split(',').map(Number)
  if (text === '' || values.some((value) => !(value >= low && value <= high)))
    fail(`--${name} ${text}: give numbers from ${low} to ${high}, with commas between them\n${usage}`)
  return values
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '5030' },
        host: { type: 'string', default: '127.0.0.1' },
        travel: { type: 'string', default: '200,100' },
        'from-home': { type: 'string' },
        backlash: { type: 'string', default: '0,0' },
        settings: { type: 'string', default: '' },
        'dwell-step': { type: 'string', default: '50' },
        'reset-ms': { type: 'string', default: '5' },
        'reset-on-connect': { type: 'boolean', default: false },
        world: { type: 'string' },
        'with-parent': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

function tell(event: Record<string, unknown>): void {
  process.stdout.write(
    `${JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`,
  )
}

const values = readArguments()
let world: World | undefined
let power = 0
const travel = numbers('travel', values.travel, 1, 100_000)
const machine = new Controller(
  {
    travel,
    start: values['from-home'] ? numbers('from-home', values['from-home'], 0, 100_000).map((mm) => -mm) : [],
    backlash: numbers('backlash', values.backlash, 0, 10),
    dwellStepMs: numbers('dwell-step', values['dwell-step'], 1, 255)[0]!,
    resetMs: numbers('reset-ms', values['reset-ms'], 0, 10_000)[0]!,
  },
  {
    light: (light) => {
      power = light.power
      world?.tell()
      tell({ light })
    },
    motion: (moving, ns) => tell({ motion: { moving, ns } }),
    realTime: (byte, ns) => tell({ realTime: { byte, ns } }),
  },
)
for (const setting of values.settings.split(',').filter((text) => text !== '')) {
  const [number, value] = setting.split('=').map(Number)
  if (machine.settings.store(number ?? NaN, value ?? NaN) !== 0)
    fail(`--settings ${setting}: give settings such as 22=0,32=1\n${usage}`)
}
if (!machine.settings.isSet(22)) machine.state = 'Idle'

const ended = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort())
if (values['with-parent']) {
  // Whoever started this holds the other end, and lets go of it even when it is killed.
  createInterface(process.stdin).on('line', (line) => tell({ fault: line, known: machine.faults.arm(line) }))
  process.stdin.once('close', () => ended.abort())
  process.stdin.once('error', () => ended.abort())
}

const [port] = numbers('port', values.port, 0, 65_535)
try {
  const resetOnConnect = values['reset-on-connect']
  await using server = await serve(machine, { host: values.host, port: port!, resetOnConnect })
  if (values.world !== undefined) {
    const { mechanics } = machine.axes
    const read = () => ({ mm: [mechanics.at(0), mechanics.at(1)] as [number, number], power })
    world = await serveWorld(
      { read, catchUp: () => machine.catchUp() },
      {
        host: values.host,
        port: numbers('world', values.world, 0, 65_535)[0]!,
      },
    )
  }
  const { host, port: taken } = server
  tell({ listening: { host, port: taken, ...(world ? { world: world.port } : {}) } })
  if (!ended.signal.aborted) await once(ended.signal, 'abort')
} catch (error) {
  process.stderr.write(`${values.host}:${port}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
// A motion in progress would keep the process alive for as long as it goes.
process.exit()
