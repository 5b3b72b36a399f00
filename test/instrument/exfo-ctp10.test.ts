import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { TraceStore } from '../../bridge/traces/traces.ts'
import { decodeNpy } from '../../shared/traces/npy.ts'
import { callerAs } from '../support/caller.ts'
import { command, converse, refused, SETTINGS } from './ctp10-rig.ts'

const caller = callerAs()

it('opens: identity, old errors, the present sweep, then the first powers', async () => {
  const { state, rows } = await converse([])
  expect(state()).toMatchObject({
    identity: { maker: 'EXFO', model: 'CTP10', serial: '12345AB', firmware: '1.5.0' },
    errors: [{ code: -113, message: 'Undefined header;FOO' }],
    sweepSettings: { startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 50 },
    condition: { register: 0, active: [] },
    sweep: { phase: 'idle' },
  })
  expect(rows.get('power/ctp10')?.map(({ values }) => values)).toEqual([[-3.21, -4.5, NaN, 1.25]])
})

it('starts a sweep: every setting checked, what the instrument took read back, then started', async () => {
  const { device, state } = await converse([
    ...command(':INIT:TLS1:SPE 50'),
    ...command(':INIT:WAV:SAMP 1PM'),
    ...command(':INIT:WAV:STAR 1520NM'),
    ...command(':INIT:WAV:STOP 1570NM'),
    [':INIT:WAV:STAR?', '1.52000000E-006'],
    ...SETTINGS,
    ...command(':INIT:IMM'),
    [':STAT:OPER:COND?', '4'],
  ])
  const wanted = { device: 'ctp10', startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 50 }
  const taken = await device.commands['sweep.start']?.(wanted, caller)
  expect(taken).toEqual({ startNm: 1520, stopNm: 1570, samplingPm: 1, speedNmPerS: 50 })
  expect(state().sweep?.phase).toBe('running')
})

it('starts nothing when the instrument refuses a setting, and gives its own words', async () => {
  const { device, state } = await converse(refused(':INIT:TLS1:SPE 33', '-222,"Data out of range"'))
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
    axis: { quantity: 'wavelength', unit: 'm', start: 1.52e-6, step: 1e-12 },
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
    axis: { quantity: 'wavelength', unit: 'm', start: 1e-6, step: 1e-12 },
    unit: 'dB',
  }
  const info = await draft.keep(facts)
  const file = await readFile(join(folder, `${info.id}.npy`))
  expect([...decodeNpy(file.buffer.slice(file.byteOffset, file.byteOffset + file.length))]).toEqual([0, -7.5])
  expect((await TraceStore.open(folder, log)).list({ limit: 10 })).toEqual([info])
})
