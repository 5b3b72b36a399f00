import { Program } from '../program.ts'
import { Instrument } from './instrument.ts'
import { serve } from './server.ts'

const program: Program = new Program(
  `node simulators/ctp10/main.ts [--port 0] [--host 127.0.0.1] [--rate 1MB/s] [--modules 4] [--seed 1]
  [--speed-up 1] [--swept] [--with-parent]`,
)

/** `1MB/s`, `500kB/s` or plain bytes a second; 0 is no limit. */
function rate(text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*([kMG]?)(?:B(?:\/s)?)?$/i.exec(text)
  if (!found) program.fail(`--rate ${text}: give bytes a second, such as 1MB/s, 500kB/s or 0`)
  return Number(found[1]) * 1000 ** ['', 'k', 'm', 'g'].indexOf((found[2] ?? '').toLowerCase())
}

const { host, ...values } = program.arguments({
  port: { type: 'string', default: '5025' },
  rate: { type: 'string', default: '0' },
  modules: { type: 'string', default: '4' },
  seed: { type: 'string', default: '1' },
  'speed-up': { type: 'string', default: '1' },
  swept: { type: 'boolean', default: false },
})
const instrument = new Instrument({
  modules: program.number('modules', values.modules, 1, 20),
  seed: program.number('seed', values.seed, 0, 1_000_000),
  speedUp: program.number('speed-up', values['speed-up'], 0.01, 1_000_000, false),
  rate: rate(values.rate),
  swept: values.swept,
  emits: (emission) => program.say({ emission, atNs: process.hrtime.bigint() }),
})
const port = program.port('port', values.port)
await program.run({ withParent: values['with-parent'] }, () => serve(instrument, { host, port }))
