import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import type { z } from 'zod'
import type { Device } from '../../bridge/device/device.ts'
import type { DeviceGuard } from '../../bridge/core/guard.ts'
import { Stream } from '../../bridge/core/stream.ts'
import { Topic } from '../../bridge/core/topic.ts'
import exfoCtp10 from '../../bridge/instrument/ctp10/driver.ts'
import { TraceStore } from '../../bridge/traces/traces.ts'
import { type CommandName, commands, type InputOf, type OutputOf } from '../../shared/commands.ts'
import type { InstrumentState } from '../../shared/instrument/instrument.ts'
import { callerAs } from '../support/caller.ts'
import { type Exchange, ReplayInstrument } from '../support/replay.ts'
import { noGallery } from '../support/gallery.ts'
import { TestMemory } from '../support/device-memory.ts'
import { NotedGuard } from '../support/guard.ts'

export const NO_ERROR = '0,"No error"'

/** The questions for what a sweep is set to. */
export const SETTINGS: Exchange[] = [
  [':INIT:WAV:STAR?', '1.52000000E-006'],
  [':INIT:WAV:STOP?', '1.57000000E-006'],
  [':INIT:WAV:SAMP?', '1.00000000E-012'],
  [':INIT:TLS1:SPE?', '50'],
]

/** The questions for one TLS. */
export const tls = (number: number, identifier: number): Exchange[] => [
  [`:INIT:TLS${number}:IDEN?`, String(identifier)],
  [`:INIT:TLS${number}:WAV:STAR?`, '1.52000000E-006'],
  [`:INIT:TLS${number}:WAV:STOP?`, '1.57000000E-006'],
  [`:INIT:TLS${number}:SPE?`, '50'],
  [`:INIT:TLS${number}:POW?`, '1.00000000E+001'],
  [`:INIT:TLS${number}:TRIG?`, '0'],
]
export const ALL_TLS: Exchange[] = [...tls(1, 1), ...tls(2, 0), ...tls(3, 0), ...tls(4, 0)]

export const MODE: Exchange[] = [
  [':INIT:SMOD?', 'SIN'],
  [':INIT:STAB?', '1,5.6'],
]

/** The questions for one detector. */
export const detector = (module: number, channel: number, reference = '0', unit = '0'): Exchange[] => [
  [`:CTP:SENS${module}:CHAN${channel}:UNIT:Y?`, unit],
  [`:CTP:SENS${module}:CHAN${channel}:UNIT:X?`, '0'],
  [`:CTP:SENS${module}:CHAN${channel}:WAV?`, '1.55000000E-006'],
  [`:CTP:SENS${module}:CHAN${channel}:FUNC:TRIG?`, '0'],
  [`:REF:SENS${module}:CHAN${channel}:RES?`, reference],
]

/** The questions for a reference laser. */
export const laser = (number: number, on = '0'): Exchange[] => [
  [`:CTP:RLAS${number}:IDN?`, 'EXFO,T100S-HP,0,6.06'],
  [`:CTP:RLAS${number}:POW:STAT?`, on],
  [`:CTP:RLAS${number}:POW?`, '1.00000000E+001'],
  [`:CTP:RLAS${number}:WAV?`, '1.55000000E-006'],
]

/** Switching every laser off, which tells which there are. */
const darkening = (connected: readonly number[]): Exchange[] =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((number): Exchange[] => [
    [`:CTP:RLAS${number}:POW:STAT OFF`],
    ...(connected.includes(number)
      ? [[':SYST:ERR?', NO_ERROR] as const, ...laser(number)]
      : [[':SYST:ERR?', '-241,"Hardware missing"'] as const, [':SYST:ERR?', NO_ERROR] as const]),
  ])

const POLL: Exchange[] = [
  [':STAT:OPER:COND?', '0'],
  [':CTP:SENS4:CHAN1:POW?', '-3.21000000E+000'],
  [':CTP:SENS4:CHAN2:POW?', '-4.5'],
  [':CTP:SENS4:CHAN3:POW?', '9.91E37'],
  [':CTP:SENS4:CHAN4:POW?', '1.25'],
]

/** All that is said until the first powers are there. */
export function opening({
  lasers = [] as number[],
  poll = POLL,
  detectors = [1, 2, 3, 4].flatMap((channel) => detector(4, channel)),
} = {}): Exchange[] {
  return [
    ['*IDN?', 'EXFO,CTP10,12345AB,1.5.0'],
    [':SYST:ERR?', '-113,"Undefined header;FOO"'],
    [':SYST:ERR?', NO_ERROR],
    [':STAT:OPER:COND?', '0'],
    ...darkening(lasers),
    ...ALL_TLS,
    ...SETTINGS,
    ...detectors,
    ...MODE,
    ...poll,
  ]
}

/** A command, and the question whether it was taken. */
export const command = (text: string): Exchange[] => [[text], [':SYST:ERR?', NO_ERROR]]

/** A command that the instrument refuses. */
export const refused = (text: string, error: string): Exchange[] => [
  [text],
  [':SYST:ERR?', error],
  [':SYST:ERR?', NO_ERROR],
]

/** An open CTP10 and what it shows. */
export interface OpenCtp10 {
  device: Device
  state: () => InstrumentState
  /** Rows of powers by stream. */
  rows: Map<string, { time: number; values: readonly number[] }[]>
}

export function ctp10Topic(): Topic<InstrumentState> {
  return new Topic<InstrumentState>('instrument/ctp10', {
    id: 'ctp10',
    kind: exfoCtp10.kind,
    family: 'instrument',
    title: 'CTP10',
    lifecycle: { phase: 'opening', since: 0 },
  })
}

/** Opens the driver on a resource. It is closed with the test. */
export async function openCtp10(
  resource: string,
  settings: Partial<z.input<typeof exfoCtp10.config>> = {},
  guard: DeviceGuard = new NotedGuard(),
  topic = ctp10Topic(),
): Promise<OpenCtp10> {
  const log = pino({ level: 'silent' })
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  const rows: OpenCtp10['rows'] = new Map()
  class Recorded extends Stream {
    override push(time: number, values: readonly number[]): void {
      rows.set(this.name, [...(rows.get(this.name) ?? []), { time, values: [...values] }])
    }
  }
  const device = await exfoCtp10.open(exfoCtp10.config.parse({ resource, ...settings }), {
    id: 'ctp10',
    signal: new AbortController().signal,
    log,
    state: topic,
    fault: () => {},
    stream: (name, columns) => new Recorded(name, columns),
    guard,
    memory: new TestMemory(),
    did: () => {},
    publisher: { publish: () => expect.unreachable('an instrument publishes no video') },
    traces: await TraceStore.open(folder, log),
    gallery: noGallery,
  })
  onTestFinished(() => device[Symbol.asyncDispose]())
  // How it is set is asked for once it is open.
  await expect.poll(() => topic.value.ctp10, { timeout: 5000 }).toBeDefined()
  return { device, state: () => topic.value, rows }
}

/** The driver in conversation; the test fails at its end when anything was left unsaid or said beside it. */
export async function converse(
  exchanges: Exchange[],
  opened = opening(),
  guard: DeviceGuard = new NotedGuard(),
): Promise<OpenCtp10> {
  const instrument = await ReplayInstrument.listen([...opened, ...exchanges])
  const rates = { powersPerSecond: 0.1, conditionsPerSecond: 0.1, lasersPerSecond: 0.1 }
  const open = await openCtp10(instrument.resource, rates, guard)
  // Done in reverse: what was said is looked at before what is said at closing, which nobody answers any more.
  onTestFinished(() => instrument[Symbol.asyncDispose]())
  onTestFinished(() => expect.poll(() => instrument.left).toEqual({ unsaid: [], unexpected: [] }))
  await expect.poll(() => open.rows.get('power/ctp10')?.length).toBe(1)
  return open
}

/** Calls a handler as the door does: its input parsed. */
export async function call<K extends CommandName>(
  { commands: handlers }: Device,
  name: K,
  input: Omit<InputOf<K>, 'device'>,
): Promise<OutputOf<K>> {
  const parsed: unknown = commands[name].input.parse({ ...input, device: 'ctp10' })
  const handler = handlers[name] as (input: unknown, caller: unknown) => Promise<OutputOf<K>>
  return handler(parsed, callerAs())
}
