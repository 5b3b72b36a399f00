import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Laser } from './laser.ts'
import { serve } from './server.ts'

const usage = 'node bridge/sim/scpi/main.ts [--port 5025] [--host 127.0.0.1] [--with-parent]'

function fail(message: string): never {
  process.stderr.write(`${message}\n${usage}\n`)
  process.exit(2)
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '5025' },
        host: { type: 'string', default: '127.0.0.1' },
        'with-parent': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const values = readArguments()
const port = Number(values.port)
if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) fail('--port: give a port from 0 to 65535')

// Whoever read it may be gone; the laser goes on until it is told to end.
process.stdout.on('error', () => undefined)
function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const laser = new Laser((emission) => say({ emission, atNs: String(process.hrtime.bigint()) }))

const ended = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort())
if (values['with-parent']) {
  // Whoever started this holds the other end, and lets go of it even when it is killed.
  process.stdin.resume().once('close', () => ended.abort())
  process.stdin.once('error', () => ended.abort())
}

try {
  await using server = await serve(laser, { host: values.host, port })
  say({ listening: { host: server.host, port: server.port } })
  if (!ended.signal.aborted) await once(ended.signal, 'abort')
} catch (error) {
  process.stderr.write(`${values.host}:${port}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
// The parent's end of standard input would keep the process alive.
process.exit()
