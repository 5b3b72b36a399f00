import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { BenchError } from '../../shared/wire/errors.ts'
import { modelOf } from '../instrument/declared/shipped.ts'
import { canonicalName, parseResource } from '../transport/resource-name.ts'
import { wireOptions, type WireOptions } from '../transport/resource.ts'
import type { Action } from './action.ts'
import { askIdentity, type Identity, servesTwo } from './identity.ts'
import { positionals } from './positionals.ts'

/** Instruments that a driver of their own knows better than a declaration could. */
const OWN_DRIVERS = [{ identifies: /^EXFO,CTP10,/i, driver: 'instrument.exfo-ctp10' }]

/** `lightbench probe`: who answers there, and what to write into bench.yaml. */
export const probe: Action = {
  usage: 'RESOURCE [--seconds 3] [--baud 9600]',
  about: 'Ask the instrument there who it is (*IDN?), and print its entry for bench.yaml.',
  async run(args, terminal) {
    const { values, positionals: given } = parseArgs({
      args,
      allowPositionals: true,
      options: { seconds: { type: 'string', default: '3' }, baud: { type: 'string' } },
    })
    const [name] = positionals(given, ['RESOURCE'])
    const ms = numberOf('seconds', values.seconds, 0.1, 60) * 1000
    const baud = values.baud === undefined ? undefined : numberOf('baud', values.baud, 50, 12_000_000)
    const resource = canonicalName(parseResource(name))
    const options = wireOptions.parse(baud === undefined ? undefined : { serial: { baudRate: baud } })
    const identity = await askIdentity(resource, options, ms)
    terminal.print(describe(identity))
    const raw = resource.endsWith('::SOCKET')
    const twice = raw && (await servesTwo(resource, options, identity, ms))
    terminal.print(entryFor(resource, identity, serialOf(resource, identity, baud), twice))
    if (raw && identity.end !== 'LF') {
      terminal.note(
        `It answers only when asked with ${identity.end} at the end, and the bridge ends its messages with LF: ` +
          "set the instrument's delimiter (terminator) to LF.",
      )
    }
  },
}

/** Maker, model, serial number and firmware (IEEE 488.2 section 10.14), as comments of the entry. */
function describe({ answer }: Identity): string {
  const [maker = '', model = '', serial = '', firmware = ''] = answer.split(',').map((part) => part.trim())
  const rows = { Maker: maker, Model: model, Serial: serial, Firmware: firmware }
  return Object.entries(rows)
    .map(([what, value]) => `# ${`${what}:`.padEnd(10)}${value || '(not said)'}`)
    .join('\n')
}

/** What the serial line has to be set to besides what is usual. */
function serialOf(
  resource: string,
  { end, answersInCr }: Identity,
  baudRate: number | undefined,
): Partial<WireOptions['serial']> {
  if (!resource.startsWith('ASRL')) return {}
  return {
    ...(baudRate !== undefined && { baudRate }),
    ...(end !== 'LF' && { sendEnd: end === 'CR' ? ('cr' as const) : ('crlf' as const) }),
    ...(answersInCr && { receiveEnd: 'cr' as const }),
  }
}

/** The lines that go into bench.yaml. */
function entryFor(
  resource: string,
  { answer }: Identity,
  serial: Partial<WireOptions['serial']>,
  twice: boolean,
): string {
  const known = modelOf(answer)
  const own = OWN_DRIVERS.find(({ identifies }) => identifies.test(answer))
  const entry = {
    driver: own?.driver ?? 'instrument.scpi',
    ...(own || !known ? {} : { model: known.model }),
    resource,
    ...(Object.keys(serial).length > 0 && { wire: { serial } }),
  }
  const text = stringify({ devices: { [idFor(answer)]: entry } }).trimEnd()
  if (own) return text
  const guard = twice
    ? '\n    # It serves two connections at once: the guardian may keep one of its own.\n    guard: standby'
    : ''
  if (known) return `${text}${guard}`
  const what = '    # No model of Lightbench fits it: say here what it reads and does (docs/instruments.md).'
  return `${text}${guard}\n${what}\n    # readings: { power: { query: ':READ:POW?', unit: dBm } }`
}

/** A device id made from the model: a-z, 0-9 and -, 32 at most. */
function idFor(answer: string): string {
  const model = (answer.split(',')[1] ?? '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const id = model.replaceAll(/^-+|-+$/g, '')
  return (/^[a-z]/.test(id) ? id : `instrument-${id}`).slice(0, 32).replace(/-$/, '')
}

function numberOf(option: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (text !== '' && value >= low && value <= high) return value
  throw new BenchError('input.invalid', `--${option} ${text}: give a number from ${low} to ${high}`)
}
