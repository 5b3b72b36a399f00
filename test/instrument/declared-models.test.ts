import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { modelOf, shippedDeclaration, shippedModels } from '../../bridge/instrument/declared/shipped.ts'
import { decodeNpy } from '../../shared/traces/npy.ts'
import { callerAs } from '../support/caller.ts'
import { command, converse, NO_ERROR, seldom } from './declared-rig.ts'

const caller = callerAs()
const device = 'dut'

/** A model of instruments/, each of its entries read once. */
function model(name: string): { model: string; readings: object; settings: object } {
  const { readings, settings } = shippedDeclaration(name)
  return {
    model: name,
    readings: seldom(...Object.keys(readings)),
    settings: seldom(...Object.keys(settings)),
  }
}

it.each(shippedModels())('%s says whose manual it is from and what it identifies by', (name) => {
  const declared = shippedDeclaration(name)
  expect(declared.name).toBeTruthy()
  expect(declared.manual).toBeTruthy()
  expect(declared.identifies).toBeTruthy()
})

it.each([
  ['Keysight Technologies,34465A,MY54505555,A.02.14-02.40-02.14-00.49-02-01', 'keysight-34465a'],
  ['Agilent Technologies,34461A,MY53200001,A.01.08-01.22-00.08-00.35-01-01', 'keysight-34465a'],
  ['RIGOL TECHNOLOGIES,DP832A,DP8B153600499,00.01.14', 'rigol-dp832'],
  ['THORLABS,PM100D,P0009368,2.4.0', 'thorlabs-pm100d'],
  ['Agilent Technologies,8164B,DE47A00101,V5.02(54673)', 'keysight-8164b'],
  ['Keysight Technologies,N7776C,DE59A00101,1.010', 'keysight-8164b'],
  ['RIGOL TECHNOLOGIES,DS1054Z,DS1ZA171812345,00.04.04.SP3', 'rigol-ds1054z'],
  ['EXFO,CTP10,12345AB,1.5.0', undefined],
])('knows %s', (identity, name) => {
  expect(modelOf(identity)?.model).toBe(name)
})

it('keysight-34465a: opens, shows its reading with the unit of its function, and changes it', async () => {
  const { device: dmm, declared } = await converse(model('keysight-34465a'), [
    ['*IDN?', 'Keysight Technologies,34465A,MY54505555,A.02.14'],
    [':SYST:ERR?', '+0,"No error"'],
    [':FUNC?', '"VOLT"'],
    [':VOLT:DC:RANG:AUTO?', '1'],
    [':VOLT:DC:RANG? MIN', '+1.00000000E-01'],
    [':VOLT:DC:RANG? MAX', '+1.00000000E+03'],
    [':VOLT:DC:RANG?', '+1.00000000E+01'],
    [':VOLT:DC:NPLC? MIN', '+2.00000000E-02'],
    [':VOLT:DC:NPLC? MAX', '+1.00000000E+02'],
    [':VOLT:DC:NPLC?', '+1.00000000E+01'],
    [':READ?', '-3.45678912E-03'],
    ...command(':FUNC "RES"'),
    [':FUNC?', '"RES"'],
    [':VOLT:DC:RANG:AUTO?', '1'],
    [':VOLT:DC:RANG?', '+1.00000000E+01'],
    [':VOLT:DC:NPLC?', '+1.00000000E+01'],
  ])
  await expect.poll(() => declared().values['reading']?.value).toBe(-0.00345678912)
  expect(declared().values).toMatchObject({
    function: { value: 'DC voltage' },
    'dc-voltage-autorange': { value: true },
  })
  expect(declared().readings['reading']?.units?.are['DC voltage']).toBe('V')
  expect(declared().settings['dc-voltage-range']).toMatchObject({ min: 0.1, max: 1000 })
  const input = { device, setting: 'function', value: '2-wire resistance' }
  expect(await dmm.commands['instrument.set']?.(input, caller)).toMatchObject({ value: '2-wire resistance' })
})

it('rigol-dp832: one question for a channel’s three readings; a stop switches all three off', async () => {
  const settings = (channel: number, on: string) =>
    [
      [`:OUTP? CH${channel}`, on],
      [`:SOUR${channel}:VOLT? MAX`, channel === 3 ? '5.300' : '32.000'],
      [`:SOUR${channel}:VOLT?`, '3.300'],
      [`:SOUR${channel}:CURR? MAX`, '3.2000'],
      [`:SOUR${channel}:CURR?`, '0.5000'],
    ] as const
  const outputs = [1, 2, 3].map((channel) => settings(channel, 'OFF')[0])
  const { device: supply, declared } = await converse(model('rigol-dp832'), [
    ['*IDN?', 'RIGOL TECHNOLOGIES,DP832,DP8C1234567890,00.01.16'],
    [':SYST:ERR?', NO_ERROR],
    // Expansion goes entry by entry, so each setting is read of all channels before the next.
    ...[1, 2, 3].map((channel) => settings(channel, channel === 1 ? 'ON' : 'OFF')[0]),
    ...[1, 2, 3].flatMap((channel) => settings(channel, 'OFF').slice(1, 3)),
    ...[1, 2, 3].flatMap((channel) => settings(channel, 'OFF').slice(3)),
    [':MEAS:ALL? CH1', '3.299,0.4990,1.646'],
    [':MEAS:ALL? CH2', '0.000,0.0000,0.000'],
    [':MEAS:ALL? CH3', '0.000,0.0000,0.000'],
    [':OUTP:MODE? CH1', 'CC'],
    [':OUTP:MODE? CH2', 'CV'],
    [':OUTP:MODE? CH3', 'CV'],
    ...[1, 2, 3].map((channel) => [`:OUTP CH${channel},OFF`] as const),
    ...outputs,
    [':SYST:ERR?', NO_ERROR],
  ])
  await expect.poll(() => declared().values['mode-3']?.value).toBe('CV')
  expect(declared().values).toMatchObject({
    'voltage-1': { value: 3.299 },
    'current-1': { value: 0.499 },
    'power-1': { value: 1.646 },
    'output-1': { value: true },
  })
  expect(declared().settings['output-2']).toMatchObject({ channel: '2', emits: false })
  expect(declared().settings['output-2']?.confirm).toContain('channel 2')
  expect(declared().settings['set-voltage-3']).toMatchObject({ min: 0, max: 5.3 })
  await supply.stop()
  expect(declared().values['output-1']).toMatchObject({ value: false })
})

it('thorlabs-pm100d: asks for watts, reads them, and zeroes', async () => {
  const settings = [
    [':SENS:CORR:WAV?', '1.55000000E+03'],
    [':SENS:POW:RANG:AUTO?', '1'],
    [':SENS:AVER:COUN?', '1'],
    [':SENS:CORR:BEAM?', '9.50000000E+00'],
  ] as const
  const { device: meter, declared } = await converse(model('thorlabs-pm100d'), [
    ['*IDN?', 'THORLABS,PM100D,P0009368,2.4.0'],
    [':SYST:ERR?', '+0,"No error"'],
    ...command(':SENS:POW:UNIT W'),
    [':SENS:CORR:WAV? MIN', '8.00000000E+02'],
    [':SENS:CORR:WAV? MAX', '1.70000000E+03'],
    settings[0],
    settings[1],
    settings[2],
    [':SENS:CORR:BEAM? MIN', '1.00000000E-01'],
    [':SENS:CORR:BEAM? MAX', '1.00000000E+02'],
    settings[3],
    [':MEAS:POW?', '1.23456789E-06'],
    [':SENS:CORR:COLL:ZERO:STAT?', '0'],
    ...command(':SENS:CORR:COLL:ZERO:INIT'),
    ...settings,
  ])
  await expect.poll(() => declared().values['zeroing']?.value).toBe(false)
  expect(declared().values).toMatchObject({ power: { value: 1.23456789e-6 }, wavelength: { value: 1550 } })
  expect(declared().safe).toBe(false)
  await meter.commands['instrument.act']?.({ device, action: 'zero' }, caller)
})

it('keysight-8164b: dark when opened and when closed; on by instrument.emit, in dBm and nm', async () => {
  const settings = [
    [':SOUR0:POW:STAT?', '0'],
    [':SOUR0:WAV?', '+1.55000000E-006'],
    [':SOUR0:POW?', '+0.00000000E+000'],
  ] as const
  const { device: laser, declared } = await converse(
    model('keysight-8164b'),
    [
      ['*IDN?', 'Agilent Technologies,8164B,DE47A00101,V5.02(54673)'],
      [':SYST:ERR?', '+0,"No error"'],
      ...command(':SOUR0:POW:STAT 0'),
      ...command(':SOUR0:POW:UNIT 0'),
      settings[0],
      [':SOUR0:WAV? MIN', '+1.46000000E-006'],
      [':SOUR0:WAV? MAX', '+1.64000000E-006'],
      settings[1],
      [':SOUR0:POW? MIN', '-6.00000000E+000'],
      [':SOUR0:POW? MAX', '+1.00000000E+001'],
      settings[2],
      [':SOUR0:POW?', '+0.00000000E+000'],
      [':LOCK?', '+0'],
      ...command(':SOUR0:WAV 0.0000015503'),
      [':SOUR0:WAV?', '+1.55030000E-006'],
      settings[0],
      settings[2],
      ...command(':SOUR0:POW:STAT 1'),
      [':SOUR0:POW:STAT?', '1'],
      [':SOUR0:WAV?', '+1.55030000E-006'],
      settings[2],
    ],
    [[':SOUR0:POW:STAT 0'], [':SOUR0:POW:STAT?', '0'], [':SYST:ERR?', '+0,"No error"']],
  )
  await expect.poll(() => declared().values['locked']?.value).toBe(false)
  expect(declared().settings['wavelength']).toMatchObject({ min: 1460, max: 1640, unit: 'nm' })
  const set = laser.commands['instrument.set']
  expect(await set?.({ device, setting: 'wavelength', value: 1550.3 }, caller)).toMatchObject({
    value: 1550.3,
  })
  await expect.poll(() => declared().values['wavelength']?.value).toBe(1550.3)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await expect(set?.({ device, setting: 'output', value: true }, caller)).rejects.toThrow('instrument.emit')
  await laser.commands['instrument.emit']?.({ device, setting: 'output', value: true }, caller)
  expect(declared().values['output']).toMatchObject({ value: true })
})

it('rigol-ds1054z: a channel’s waveform in volts and seconds, as its preamble says', async () => {
  const { readings, settings } = shippedDeclaration('rigol-ds1054z')
  const none = (entries: object, but: string) =>
    Object.fromEntries(Object.keys(entries).flatMap((name) => (name === but ? [] : [[name, null]])))
  const {
    device: scope,
    folder,
    declared,
  } = await converse(
    {
      model: 'rigol-ds1054z',
      channels: [1, 2],
      readings: { ...none(readings, 'vpp'), ...seldom('vpp') },
      settings: { ...none(settings, 'coupling'), ...seldom('coupling') },
    },
    [
      ['*IDN?', 'RIGOL TECHNOLOGIES,DS1054Z,DS1ZA171812345,00.04.04.SP3'],
      [':SYST:ERR?', NO_ERROR],
      [':CHAN1:COUP?', 'DC'],
      [':CHAN2:COUP?', 'AC'],
      [':MEAS:ITEM? VPP,CHAN1', '3.120000e+00'],
      [':MEAS:ITEM? VPP,CHAN2', '9.9E37'],
      ...command(':WAV:SOUR CHAN1'),
      ...command(':WAV:MODE NORM'),
      ...command(':WAV:FORM BYTE'),
      [':WAV:PRE?', '0,0,4,1,1.000000e-06,-6.000000e-04,0,4.000000e-02,-20,127'],
      [
        ':WAV:DATA?',
        Buffer.concat([Buffer.from('#9000000004'), Buffer.from([107, 132, 82, 255]), Buffer.from('\n')]),
      ],
    ],
  )
  await expect.poll(() => declared().values['vpp-2']?.note).toBe('above range')
  const info = await scope.commands['instrument.trace']?.({ device, trace: 'waveform-1' }, caller)
  expect(info).toMatchObject({
    points: 4,
    label: 'Channel 1',
    channel: 1,
    unit: 'V',
    axis: { quantity: 'time', unit: 's', start: -6e-4, step: 1e-6 },
  })
  const file = await readFile(join(folder, `${info?.id}.npy`))
  const samples = decodeNpy(file.buffer.slice(file.byteOffset, file.byteOffset + file.length))
  expect([...samples].map((volts) => Math.round(volts * 1000) / 1000)).toEqual([0, 1, -1, 5.92])
})
