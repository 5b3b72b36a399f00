import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Instrument } from '../ctp10/instrument.ts'

/** A server to be closed at the end, and what to say of it when it listens. */
export type Listening = AsyncDisposable & { said: object }

/**
 * Runs a simulator's program until SIGTERM, or its parent's end with --with-parent: says `{"listening": …}` in a line of
 * its own once it listens. `ports` are its options that take a port, with their usual values.
 */
export async function runSimulator<Ports extends Record<string, number>>(
  ports: Ports,
  serve: (instrument: Instrument, host: string, ports: Ports) => Promise<Listening>,
): Promise<void> {
  const names = Object.keys(ports)
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      swept: { type: 'boolean', default: false },
      'speed-up': { type: 'string', default: '1' },
      'with-parent': { type: 'boolean', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  })
  const given: Record<string, unknown> = values
  const chosen = Object.fromEntries(names.map((name) => [name, Number(given[name] ?? ports[name])])) as Ports
  const speedUp = Number(values['speed-up'])
  const wrong = Object.entries(chosen).find(
    ([, port]) => !(Number.isInteger(port) && port >= 0 && port < 65_536),
  )
  if (wrong || !(speedUp > 0)) {
    process.stderr.write(
      `${wrong ? `--${wrong[0]}: give a port from 0 to 65535` : '--speed-up: give a number'}\n`,
    )
    process.exit(2)
  }
  const instrument = new Instrument({ modules: 4, seed: 1, speedUp, rate: 0, swept: values.swept })
  const ended = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ended.abort())
  if (values['with-parent']) {
    // Whoever started this holds the other end, and lets go of it even when it is killed.
    process.stdin.resume().once('close', () => ended.abort())
    process.stdin.once('error', () => ended.abort())
  }
  try {
    await using server = await serve(instrument, values.host, chosen)
    process.stdout.write(`${JSON.stringify({ listening: server.said })}\n`)
    if (!ended.signal.aborted) await once(ended.signal, 'abort')
  } catch (error) {
    process.stderr.write(`${values.host}: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
  // A sweep in progress would keep the process alive for as long as its laser moves.
  process.exit()
}
