import { Instrument } from '../ctp10/instrument.ts'
import { Program } from '../program.ts'

/** Runs a simulated CTP10 behind another wire. `ports` are the options that take a port, with their usual values. */
export async function runSimulator<Ports extends Record<string, number>>(
  ports: Ports,
  serve: (instrument: Instrument, host: string, ports: Ports) => Promise<AsyncDisposable & { said: object }>,
): Promise<void> {
  const names = Object.keys(ports)
  const program = new Program(
    `[--host 127.0.0.1] [--swept] [--speed-up 1] [--with-parent] ${names.map((name) => `[--${name} ${ports[name]}]`).join(' ')}`,
  )
  const values = program.arguments({
    swept: { type: 'boolean', default: false },
    'speed-up': { type: 'string', default: '1' },
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const given = new Map<string, unknown>(Object.entries(values))
  const portText = (name: string): string => {
    const text = given.get(name)
    return typeof text === 'string' ? text : String(ports[name])
  }
  const chosen = Object.fromEntries(names.map((name) => [name, program.port(name, portText(name))])) as Ports
  const speedUp = program.number('speed-up', values['speed-up'], 0.01, 1_000_000, false)
  const instrument = new Instrument({ modules: 4, seed: 1, speedUp, rate: 0, swept: values.swept })
  await program.run({ withParent: values['with-parent'] }, () => serve(instrument, values.host, chosen))
}
