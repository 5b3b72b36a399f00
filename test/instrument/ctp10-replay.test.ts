import { expect, it } from 'vitest'
import { type Exchange, ReplayInstrument } from '../support/replay.ts'
import {
  ALL_TLS,
  call,
  command,
  converse,
  detector,
  laser,
  MODE,
  NO_ERROR,
  openCtp10,
  opening,
  refused,
  SETTINGS,
} from './ctp10-rig.ts'

const REST: Exchange = [':STAT:OPER:COND?', '0']

it('opens with every laser off, and knows those there are', async () => {
  const { state } = await converse([], opening({ lasers: [1, 3] }))
  const { lasers, tls, modules, mode, stabilisation } = state().ctp10!
  expect(lasers).toMatchObject({
    1: { maker: 'EXFO', model: 'T100S-HP', serial: '0', on: false, powerDbm: 10, wavelengthNm: 1550 },
    3: { on: false },
  })
  expect(lasers[1]?.speeds).toContain(33)
  expect(Object.keys(lasers)).toEqual(['1', '3'])
  expect(tls[1]).toEqual({
    ...{ identifier: 1, startNm: 1520, stopNm: 1570, speedNmPerS: 50, powerDbm: 10, trigger: 0 },
  })
  expect(modules[4]?.detectors[3]).toEqual({
    ...{ name: 'TLS IN', powerUnit: 'dBm', spectralUnit: 'nm', wavelengthNm: 1550, trigger: 0 },
  })
  expect({ mode, stabilisation }).toEqual({ mode: 'single', stabilisation: { keepOn: true, seconds: 5.6 } })
})

it('gives powers in dBm whatever a detector is set to show', async () => {
  const { rows } = await converse(
    [],
    opening({
      detectors: [1, 2, 3, 4].flatMap((channel) => detector(4, channel, '0', channel < 3 ? '1' : 'DBM')),
      poll: [
        REST,
        [':CTP:SENS4:CHAN1:POW?', '1.00000000E+000'],
        [':CTP:SENS4:CHAN2:POW?', '-1.00000000E-009'],
        [':CTP:SENS4:CHAN3:POW?', '-20'],
        [':CTP:SENS4:CHAN4:POW?', '-30'],
      ],
    }),
  )
  expect(rows.get('power/ctp10')?.[0]?.values).toEqual([0, NaN, -20, -30])
})

it('sets a detector, one checked command each, and answers what was taken', async () => {
  const { device, state } = await converse([
    ...command(':CTP:SENS4:CHAN2:UNIT:Y MW'),
    ...command(':CTP:SENS4:CHAN2:UNIT:X FREQ'),
    ...command(':CTP:SENS4:CHAN2:WAV 1310NM'),
    ...command(':CTP:SENS4:CHAN2:FUNC:TRIG 3'),
    [':CTP:SENS4:CHAN2:UNIT:Y?', '1'],
    [':CTP:SENS4:CHAN2:UNIT:X?', '1'],
    [':CTP:SENS4:CHAN2:WAV?', '1.31000000E-006'],
    [':CTP:SENS4:CHAN2:FUNC:TRIG?', '3'],
    [':REF:SENS4:CHAN2:RES?', '1,1,20251128,092631'],
  ])
  const taken = await call(device, 'ctp.setDetector', {
    ...{ channel: 2, powerUnit: 'mW', spectralUnit: 'THz', wavelengthNm: 1310, trigger: 3 },
  })
  expect(taken).toEqual({
    ...{ name: 'IN2', powerUnit: 'mW', spectralUnit: 'THz', wavelengthNm: 1310, trigger: 3 },
    reference: { kind: 'TF/PDL', date: '20251128', time: '092631' },
  })
  expect(state().ctp10?.modules[4]?.detectors[2]).toEqual(taken)
  await expect(call(device, 'ctp.setDetector', { module: 5, channel: 1 })).rejects.toMatchObject({
    code: 'input.invalid',
    message: 'ctp10 has no module 5; there are 4',
  })
})

it('sets identifiers first and wavelengths last, and starts anew where one end moved the other', async () => {
  const { device } = await converse([
    ...command(':INIT:SMOD CONT'),
    ...command(':INIT:STAB 0,2.5'),
    ...command(':INIT:WAV:SAMP 0.5PM'),
    ...command(':INIT:TLS1:IDEN 2'),
    ...command(':INIT:TLS2:IDEN 1'),
    ...command(':INIT:TLS1:SPE 20'),
    ...command(':INIT:TLS1:POW 5DBM'),
    ...command(':INIT:TLS2:TRIG 8'),
    ...command(':INIT:TLS1:WAV:STAR 1600NM'),
    ...command(':INIT:TLS1:WAV:STOP 1610NM'),
    [':INIT:TLS1:WAV:STAR?', '1.59000000E-006'],
    ...command(':INIT:TLS1:WAV:STAR 1600NM'),
    ...command(':INIT:TLS2:WAV:STOP 1590NM'),
    ...ALL_TLS,
    ...SETTINGS,
    ...MODE,
  ])
  const taken = await call(device, 'ctp.setSweep', {
    ...{ mode: 'continuous', samplingPm: 0.5, stabilisation: { keepOn: false, seconds: 2.5 } },
    tls: [
      { tls: 1, startNm: 1600, stopNm: 1610, speedNmPerS: 20, powerDbm: 5, identifier: 2 },
      { tls: 2, identifier: 1, stopNm: 1590, trigger: 8 },
    ],
  })
  // What the instrument took, not what was asked for.
  expect(taken).toMatchObject({ mode: 'single', samplingPm: 1, tls: { 1: { identifier: 1, startNm: 1520 } } })
})

it('tells what was refused in the instrument’s own words, and shows what came before it', async () => {
  const { device, state } = await converse([
    ...command(':INIT:TLS1:POW 7DBM'),
    ...refused(':INIT:TLS1:TRIG 8', '-221,"Settings conflict"'),
    [':INIT:TLS1:IDEN?', '1'],
    [':INIT:TLS1:WAV:STAR?', '1.52000000E-006'],
    [':INIT:TLS1:WAV:STOP?', '1.57000000E-006'],
    [':INIT:TLS1:SPE?', '50'],
    [':INIT:TLS1:POW?', '7.00000000E+000'],
    [':INIT:TLS1:TRIG?', '0'],
    ...ALL_TLS.slice(6),
    ...SETTINGS,
    ...MODE,
  ])
  const set = call(device, 'ctp.setSweep', { tls: [{ tls: 1, powerDbm: 7, trigger: 8 }] })
  await expect(set).rejects.toMatchObject({ code: 'scpi.error', message: expect.stringContaining('-221') })
  expect(state().ctp10?.tls[1]?.powerDbm).toBe(7)
  expect(state().errors?.at(-1)).toMatchObject({ code: -221 })
})

it('starts a sweep as it is set, and no second one beside it', async () => {
  const { device, state } = await converse([...command(':INIT:IMM'), [':STAT:OPER:COND?', '516']])
  await call(device, 'ctp.runSweep', {})
  expect(state().sweep?.phase).toBe('running')
  expect(state().condition?.active).toEqual(['scanning', 'updating setup'])
  await expect(call(device, 'ctp.takeReference', { channel: 1 })).rejects.toMatchObject({
    code: 'device.busy',
    message: 'a sweep is under way: abort it or wait for its end',
  })
})

it('takes a reference: what blocks others meanwhile, and its result', async () => {
  const { device, state } = await converse([
    ...command(':REF:SENS4:CHAN2:INIT'),
    [':STAT:OPER:COND?', '64'],
    // A stop looks at the register at once.
    [':ABOR'],
    REST,
    [':SYST:ERR?', NO_ERROR],
    ...ALL_TLS,
    ...SETTINGS,
    ...MODE,
    ...[1, 2, 3, 4].flatMap((channel) => detector(4, channel)),
  ])
  await call(device, 'ctp.takeReference', { channel: 2 })
  expect(state().ctp10?.referencing).toMatchObject({
    ...{ module: 4, channel: 2, quick: false, phase: 'running' },
  })
  await expect(call(device, 'ctp.runSweep', {})).rejects.toMatchObject({
    code: 'device.busy',
    message: 'channel 2 of module 4 is being referenced: abort it or wait for its end',
  })
  await device.stop()
  await expect.poll(() => state().ctp10?.referencing?.phase).toBe('aborted')
})

it('asks for a quick reference by its own word', async () => {
  const { device } = await converse(
    refused(':REF:SENS4:CHAN1:QUIC:INIT', '-113,"Undefined header;:REF:SENS4:CHAN1:QUIC:INIT"'),
  )
  await expect(call(device, 'ctp.takeReference', { channel: 1, quick: true })).rejects.toMatchObject({
    code: 'scpi.error',
    message: expect.stringContaining('-113'),
  })
})

it('sets a laser, switches it on and off, and waits until it is', async () => {
  const { device, state } = await converse(
    [
      ...command(':CTP:RLAS1:POW 3DBM'),
      ...command(':CTP:RLAS1:WAV 1560NM'),
      ...laser(1),
      ...command(':CTP:RLAS1:POW:STAT ON'),
      ...laser(1, '1'),
      [':CTP:RLAS1:POW:STAT OFF'],
      [':CTP:RLAS1:POW:STAT?', '1'],
      [':SYST:ERR?', NO_ERROR],
      [':CTP:RLAS1:POW:STAT?', '0'],
      [':SYST:ERR?', NO_ERROR],
    ],
    opening({ lasers: [1] }),
  )
  await call(device, 'ctp.setLaser', { laser: 1, powerDbm: 3, wavelengthNm: 1560 })
  expect(await call(device, 'ctp.laserOn', { laser: 1 })).toMatchObject({ on: true })
  expect(state().ctp10?.lasers[1]?.on).toBe(true)
  expect(await call(device, 'ctp.laserOff', { laser: 1 })).toMatchObject({ on: false })
  await expect(call(device, 'ctp.laserOn', { laser: 2 })).rejects.toMatchObject({
    code: 'input.invalid',
    message: 'ctp10 has no reference laser 2; there are 1',
  })
})

it('stops with what ends sweeps and light, each a message of its own, and waits until the instrument says that it is so', async () => {
  const { device, state } = await converse(
    [
      ...command(':CTP:RLAS1:POW:STAT ON'),
      ...laser(1, '1'),
      [':ABOR'],
      [':CTP:RLAS1:POW:STAT OFF'],
      [':CTP:RLAS1:POW:STAT?', '0'],
      REST,
      [':SYST:ERR?', NO_ERROR],
    ],
    opening({ lasers: [1] }),
  )
  await call(device, 'ctp.laserOn', { laser: 1 })
  expect(await device.stop()).toBe('proven')
  expect(state().ctp10?.lasers[1]?.on).toBe(false)
})

it('ends light and nothing else when nobody answers for it, and says nothing when there is none', async () => {
  const { device, state } = await converse(
    [
      ...command(':CTP:RLAS3:POW:STAT ON'),
      ...laser(3, '1'),
      [':CTP:RLAS3:POW:STAT OFF'],
      [':CTP:RLAS3:POW:STAT?', '0'],
      [':SYST:ERR?', NO_ERROR],
    ],
    opening({ lasers: [1, 3] }),
  )
  device.endEmission?.()
  await call(device, 'ctp.laserOn', { laser: 3 })
  device.endEmission?.()
  await expect.poll(() => state().ctp10?.lasers[3]?.on).toBe(false)
})

it('ends what sweeps before it opens, and does not open while a laser stays on', async () => {
  await using instrument = await ReplayInstrument.listen([
    ['*IDN?', 'EXFO,CTP10,12345AB,1.5.0'],
    [':SYST:ERR?', NO_ERROR],
    [':STAT:OPER:COND?', '4'],
    [':ABOR'],
    [':STAT:OPER:COND?', '16'],
    REST,
    [':CTP:RLAS1:POW:STAT OFF'],
    [':SYST:ERR?', NO_ERROR],
    ...laser(1, '1'),
  ])
  await expect(openCtp10(instrument.resource)).rejects.toMatchObject({
    code: 'scpi.error',
    message: expect.stringContaining('reference laser 1 still emits'),
  })
  expect(instrument.left).toEqual({ unsaid: [], unexpected: [] })
})

it('gives metadata of any type, and the error queue', async () => {
  const node = ':TRAC:SENS2:CHAN3:TYPE21:DATA'
  const { device } = await converse([
    [`${node}:LENG?`, '940001'],
    [`${node}:SAMP?`, '1.00000000E-013'],
    [`${node}:STAR?`, '1.52000000E-006'],
    [':SYST:ERR?', '-222,"Data out of range"'],
    [':SYST:ERR?', NO_ERROR],
  ])
  expect(await call(device, 'ctp.traceInfo', { module: 2, channel: 3, type: 21 })).toEqual({
    ...{ points: 940_001, startNm: 1520, samplingPm: 0.1 },
  })
  expect(await call(device, 'ctp.errors', {})).toEqual([{ code: -222, message: 'Data out of range' }])
})
