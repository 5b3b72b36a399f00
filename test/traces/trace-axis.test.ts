import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseInfo } from '../../bridge/traces/info-file.ts'
import { TraceStore } from '../../bridge/traces/traces.ts'
import type { TraceAxis } from '../../shared/traces/trace-axis.ts'
import { callerAs } from '../support/caller.ts'
import { converse } from '../instrument/declared-rig.ts'
import { keep, library, log } from './trace-rig.ts'

const POINTS = 1201
const axis: TraceAxis = { quantity: 'time', unit: 's', start: -6e-4, step: 1e-6 }
/** A scope's picture: 1 V of a pulse of 40 µs at 100 µs, on nothing. */
const pulse = Float32Array.from({ length: POINTS }, (_, i) => Math.exp(-(((i - 700) / 20) ** 2)))
const scope = { axis, unit: 'V', label: 'Channel 1' }

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return Buffer.concat(pieces).toString('utf8')
}

it('reads a file without a unit as metres, and one that said it among its settings by that', () => {
  const { axis: _, ...plain } = { ...scope, ...{ id: 'a-1', device: 'a', channel: 1, type: 1, points: 2 } }
  const old = { ...plain, takenAt: 0, startM: 1.5e-6, stepM: 1e-12 }
  expect(parseInfo(JSON.stringify(old)).axis).toEqual({
    ...{ quantity: 'wavelength', unit: 'm' },
    ...{ start: 1.5e-6, step: 1e-12 },
  })
  const marked = parseInfo(JSON.stringify({ ...old, settings: { axisUnit: 's', module: 4 } }))
  expect(marked.axis).toEqual({ quantity: 'time', unit: 's', start: 1.5e-6, step: 1e-12 })
  expect(marked.settings).toEqual({ module: 4 })
  expect(marked).not.toHaveProperty('startM')
  expect(() => parseInfo(JSON.stringify({ ...plain, takenAt: 0 }))).toThrow(/axis/)
})

it('lists such files beside the others, and writes them anew with their axis', async () => {
  const { store, folder } = await library()
  const { id, axis: _, ...info } = await keep(store, pulse)
  const file = join(folder, `${id}.json`)
  await writeFile(file, JSON.stringify({ id, ...info, startM: 1e-6, stepM: 1e-12 }))
  const again = await TraceStore.open(folder, log)
  expect(again.list({ limit: 1 })[0]?.axis).toMatchObject({ unit: 'm', start: 1e-6 })
  await again.update(id, { name: 'Ring' })
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ axis: { unit: 'm', start: 1e-6 } })
})

it('writes a time as seconds, the trigger at 0, and takes it back as it was', async () => {
  const { store } = await library()
  const { id } = await keep(store, pulse, scope)
  await using file = await store.exported(id, 'csv')
  const text = await all(file.createReadStream({ autoClose: false }))
  const lines = text.split('\r\n')
  expect(lines[0]).toBe('time (s),Channel 1 (V)')
  expect([lines[1], lines[601], lines[602]].map((line) => line?.split(',')[0])).toEqual([
    ...['-0.0006', '0', '0.000001'],
  ])
  const back = await store.import(chunks(text), {})
  expect(back).toMatchObject({ axis, unit: 'V', points: POINTS })
})

it.each<[string, string, object]>([
  ['time (µs);u [mV]\n-1;2\n0;3\n1;4\n', 'mV', { quantity: 'time', unit: 's', start: -1e-6, step: 1e-6 }],
  ['bias_mV,current (nA)\n1,2\n2,3\n', 'nA', { quantity: 'voltage', unit: 'V', start: 1e-3, step: 1e-3 }],
  ['frequency (MHz),dBm\n1,2\n2,3\n', 'dBm', { quantity: 'frequency', unit: 'Hz', start: 1e6, step: 1e6 }],
  ['distance (m),dB\n0,2\n5,3\n', 'dB', { quantity: 'distance', unit: 'm', start: 0, step: 5 }],
])('takes the axis of %j from its title', async (text, unit, wanted) => {
  const { store } = await library()
  expect(await store.import(chunks(text), {})).toMatchObject({ unit, axis: wanted })
})

it('takes numbers without a title in the unit that is asked for, and refuses another than the file has', async () => {
  const { store } = await library()
  const seconds = await store.import(chunks('0,1\n0.5,2\n1,3\n'), { axisUnit: 's', unit: 'V' })
  expect(seconds).toMatchObject({ axis: { quantity: 'time', unit: 's', start: 0, step: 0.5 }, unit: 'V' })
  const told = { axisUnit: 'degC', axisQuantity: 'temperature', start: 20, step: 0.1 }
  const alone = await store.import(chunks('1\n2\n'), told)
  expect(alone.axis).toEqual({ quantity: 'temperature', unit: 'degC', start: 20, step: 0.1 })
  await expect(store.import(chunks('time (s),V\n0,1\n1,2\n'), { axisUnit: 'm' })).rejects.toMatchObject({
    code: 'input.invalid',
    message: expect.stringMatching(/in s, and were to be in m/),
  })
})

it('finds a pulse of volts in time: no width at 3 dB, no Q, and a window of it in seconds', async () => {
  const { store } = await library()
  const { id } = await keep(store, pulse, scope)
  const search = { kind: 'peak', distance: 0, smooth: 0, limit: 10 } as const
  const { peaks } = await store.peaks(id, search)
  expect(peaks).toHaveLength(1)
  expect(peaks[0]?.position).toBeCloseTo(1e-4, 8)
  expect(peaks[0]?.value).toBeCloseTo(1, 2)
  expect(peaks[0]?.depth).toBeCloseTo(1, 1)
  expect(peaks[0]).not.toHaveProperty('width')
  expect(peaks[0]).not.toHaveProperty('q')
  expect((await store.peaks(id, { ...search, to: 0 })).found).toBe(0)
  const part = await store.window(id, { from: 5e-5, to: 1.5e-4, width: 1000 })
  expect(part.axis).toEqual({ ...axis, start: expect.closeTo(5e-5, 9) as number })
})

it('gives a level over time its width at 3 dB in seconds, and no Q', async () => {
  const { store } = await library()
  const decibels = pulse.map((value) => 10 * Math.log10(value + 1e-4))
  const { id } = await keep(store, decibels, { ...scope, unit: 'dBm' })
  const { peaks } = await store.peaks(id, { kind: 'peak', distance: 0, smooth: 0, limit: 10 })
  expect(peaks[0]?.width).toBeCloseTo(2 * 20e-6 * Math.sqrt(0.3 * Math.LN10), 6)
  expect(peaks[0]).not.toHaveProperty('q')
})

it('turns a trace round whose axis falls, so that all of them rise', async () => {
  const { device } = await converse(
    {
      errors: 'none',
      traces: {
        sweep: { query: ':TRAC?', format: 'ascii', unit: 'V', axis: { start: 5, step: -0.5, unit: 'V' } },
      },
    },
    [
      ['*IDN?', 'Acme,9000,1,2'],
      [':TRAC?', '1,2,3,4'],
    ],
  )
  const info = await device.commands['instrument.trace']?.({ device: 'dut', trace: 'sweep' }, callerAs())
  expect(info?.axis).toEqual({ quantity: 'voltage', unit: 'V', start: 3.5, step: 0.5 })
})

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}
