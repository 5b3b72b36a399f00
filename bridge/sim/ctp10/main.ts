import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Instrument } from './instrument.ts'
import { serve } from './server.ts'

const usage = `node bridge/sim/ctp10/main.ts [--port 0] [--host 127.0.0.1] [--rate 1MB/s] [--modules 4] [--seed 1]
  [--speed-up 1] [--swept] [--with-parent]`

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function number(name: string, text: string, low: number, high: number, whole = true): number {
  const value = Number(text)
  if (text === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
    fail(`--${name} ${text}: give a ${whole ? 'whole ' : ''}number from ${low} to ${high}\n${usage}`)
  return value
}

/** `1MB/s`, `500kB/s` or plain bytes a second; 0 is no limit. */
function rate(text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*([kMG]?)(?:B(?:\/s)?)?$/i.exec(text)
  if (!found) fail(`--rate ${text}: give bytes a second, such as 1MB/s, 500kB/s or 0\n${usage}`)
  return Number(found[1]) * 1000 ** ['', 'k', 'm', 'g'].indexOf((found[2] ?? '').toLowerCase())
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '5025' },
        host: { type: 'string', default: '127.0.0.1' },
        rate: { type: 'string', default: '0' },
        modules: { type: 'string', default: '4' },
        seed: { type: 'string', default: '1' },
        'speed-up': { type: 'string', default: '1' },
        swept: { type: 'boolean', default: false },
        'with-parent': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

const values = readArguments()
const instrument = new Instrument({
  modules: number('modules', values.modules, 1, 20),
  seed: number('seed', values.seed, 0, 1_000_000),
  speedUp: number('speed-up', values['speed-up'], 0.01, 1_000_000, false),
  rate: rate(values.rate),
  swept: values.swept,
})
const port = number('port', values.port, 0, 65_535)

const ended = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort())
if (values['with-parent']) {
  // Whoever started this holds the other end, and lets go of it even when it is killed.
  process.stdin.resume().once('close', () => ended.abort())
  process.stdin.once('error', () => ended.abort())
}

try {
  await using server = await serve(instrument, { host: values.host, port })
  process.stdout.write(`${JSON.stringify({ listening: { host: server.host, port: server.port } })}\n`)
  if (!ended.signal.aborted) await once(ended.signal, 'abort')
} catch (error) {
  process.stderr.write(`${values.host}:${port}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
// A sweep in progress would keep the process alive for as long as its laser moves.
process.exit()
