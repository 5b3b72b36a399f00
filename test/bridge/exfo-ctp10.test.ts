import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import type { Device } from '../../bridge/core/device.ts'
import { Stream } from '../../bridge/core/stream.ts'
import { Topic } from '../../bridge/core/topic.ts'
import exfoCtp10 from '../../bridge/drivers/instrument/exfo-ctp10.ts'
import { TraceStore } from '../../bridge/store/traces.ts'
import type { InstrumentState } from '../../shared/instrument.ts'
import { decodeNpy } from '../../shared/npy.ts'
import { type Exchange, ReplayInstrument } from '../support/replay.ts'

import { callerAs } from '../support/caller.ts'

const NO_ERROR = '0,"No error"'
const SETTINGS: Exchange[] = [
  [':INIT:WAV:STAR?', '1.52000000E-006'],
  [':INIT:WAV:STOP?', '1.57000000E-006'],
  [':INIT:WAV:SAMP?', '1.00000000E-012'],
  [':INIT:TLS1:SPE?', '50'],
]
const POLL: Exchange[] = [
  [':STAT:OPER:COND?', '0'],
  [':CTP:SENS4:CHAN1:POW?', '-3.21000000E+000'],
  [':CTP:SENS4:CHAN2:POW?', '-4.5'],
  [':CTP:SENS4:CHAN3:POW?', '9.91E37'],
  [':CTP:SENS4:CHAN4:POW?', '1.25'],
]
const OPENING: Exchange[] = [
  ['*IDN?', 'EXFO,CTP10,12345AB,1.5.0'],
  [':SYST:ERR?', '-113,"Undefined header;FOO"'],
  [':SYST:ERR?', NO_ERROR],
  ...SETTINGS,
  ...POLL,
]
const command = (text: string): Exchange[] => [[text], [':SYST:ERR?', NO_ERROR]]

const caller = callerAs()

/** The driver in conversation; the test fails at its end when anything was left unsaid or said beside it. */
async function converse(
  exchanges: Exchange[],
): Promise<{ device: Device; state: () => InstrumentState; rows: number[][] }> {
  const instrument = await ReplayInstrument.listen([...OPENING, ...exchanges])
  const log = pino({ level: 'silent' })
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  const topic = new Topic<InstrumentState>('instrument/ctp10', {
    id: 'ctp10',
    kind: exfoCtp10.kind,
    family: 'instrument',
    title: 'CTP10',
    lifecycle: { phase: 'opening', since: 0 },
  })
  const rows: number[][] = []
  class Recorded extends Stream {
    override push(_: number, values: readonly number[]): void {
      rows.push([...values])
    }
  }
  const device = await exfoCtp10.open(
    exfoCtp10.config.parse({ resource: instrument.resource, powersPerSecond: 0.1 }),
    {
      id: 'ctp10',
      signal: new AbortController().signal,
      log,
      state: topic,
      fault: () => {},
      stream: (name, columns) => new Recorded(name, columns),
      publisher: { publish: () => expect.unreachable('an instrument publishes no video') },
      traces: await TraceStore.open(folder, log),
    },
  )
  await expect.poll(() => rows.length).toBe(1)
  onTestFinished(async () => {
    await expect.poll(() => instrument.left).toEqual({ unsaid: [], unexpected: [] })
    await device[Symbol.asyncDispose]()
    await instrument[Symbol.asyncDispose]()
  })
  return { device, state: () => topic.value, rows }
}

it('opens: identity, old errors, the present sweep, then the first powers', async () => {
  const { state, rows } = await converse([])
  expect(state()).toMatchObject({
    identity: { maker: 'EXFO', model: 'CTP10', serial: '12345AB', firmware: '1.5.0' },
    errors: [{ code: -113, message: 'Undefined header;FOO' }],
    sweepSettings: { startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 50 },
    condition: { register: 0, active: [] },
    sweep: { phase: 'idle' },
  })
  expect(rows).toEqual([[-3.21, -4.5, NaN, 1.25]])
})

it('starts a sweep: every setting checked, what the instrument took read back, then started', async () => {
  const { device, state } = await converse([
    ...command(':INIT:TLS1:SPE 50'),
    ...command(':INIT:WAV:SAMP 1PM'),
    ...command(':INIT:WAV:STAR 1520NM'),
    ...command(':INIT:WAV:STOP 1570NM'),
    ...SETTINGS,
    ...command(':INIT:IMM'),
  ])
  const wanted = { device: 'ctp10', startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 50 }
  const taken = await device.commands['sweep.start']?.(wanted, caller)
  expect(taken).toEqual({ startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 50 })
  expect(state().sweep?.phase).toBe('running')
})

it('starts nothing when the instrument refuses a setting, and gives its own words', async () => {
  const { device, state } = await converse([
    [':INIT:TLS1:SPE 33'],
    [':SYST:ERR?', '-222,"Data out of range"'],
    [':SYST:ERR?', NO_ERROR],
  ])
  const wanted = { device: 'ctp10', startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 33 }
  await expect(device.commands['sweep.start']?.(wanted, caller)).rejects.toMatchObject({
    code: 'scpi.error',
    message: 'ctp10 answered -222 "Data out of range" to :INIT:TLS1:SPE 33',
  })
  expect(state().sweep?.phase).toBe('idle')
  expect(state().errors?.at(-1)).toMatchObject({ code: -222 })
})

it('aborts with one message that waits for no answer', async () => {
  const { device } = await converse([[':ABOR']])
  await device.commands['sweep.abort']?.({ device: 'ctp10' }, caller)
})

it('fetches a trace: length, sampling, start, and only y; x follows from them', async () => {
  const y = Buffer.alloc(12)
  ;[-1.5, -20.25, -3].forEach((value, i) => y.writeFloatBE(value, i * 4))
  const node = ':TRAC:SENS4:CHAN2:TYPE1:DATA'
  const { device } = await converse([
    [`${node}:LENG?`, '3'],
    [`${node}:SAMP?`, '1.00000000E-012'],
    [`${node}:STAR?`, '1.52000000E-006'],
    [`${node}? BIN,DB`, Buffer.concat([Buffer.from('#212'), y, Buffer.from('\r\n')])],
  ])
  const info = await device.commands['trace.read']?.({ device: 'ctp10', channel: 2, type: 1 }, caller)
  expect(info).toMatchObject({
    points: 3,
    startM: 1.52e-6,
    stepM: 1e-12,
    unit: 'dB',
    label: 'transfer function',
  })
})

it('says that there is no trace before a sweep', async () => {
  const { device } = await converse([[':TRAC:SENS4:CHAN1:TYPE1:DATA:LENG?', '0']])
  await expect(
    device.commands['trace.read']?.({ device: 'ctp10', channel: 1, type: 1 }, caller),
  ).rejects.toMatchObject({
    message: expect.stringContaining('run a sweep first'),
  })
})

it('keeps a trace as NPY that reads back as it was sent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lightbench-'))
  const log = pino({ level: 'silent' })
  const store = await TraceStore.open(folder, log)
  const draft = store.draft(2)
  new DataView(draft.samples.buffer, draft.samples.byteOffset).setFloat32(4, -7.5)
  const facts = {
    device: 'ctp10',
    channel: 1,
    type: 1,
    label: 'x',
    takenAt: 1e12,
    startM: 1e-6,
    stepM: 1e-12,
    unit: 'dB',
  }
  const info = await draft.keep(facts)
  const file = await readFile(join(folder, `${info.id}.npy`))
  expect([...decodeNpy(file.buffer.slice(file.byteOffset, file.byteOffset + file.length))]).toEqual([0, -7.5])
  expect((await TraceStore.open(folder, log)).list({ limit: 10 })).toEqual([info])
})
