import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dataset, File, ready } from 'h5wasm/node'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { exportTrace } from '../../bridge/traces/export.ts'
import { importFile } from '../../bridge/traces/import.ts'
import type { Exported, Imported } from '../../bridge/traces/jobs.ts'
import { loadSamples, toBigEndian } from '../../bridge/traces/samples.ts'
import { npyHeader } from '../../shared/traces/npy.ts'
import type { TraceInfo, TraceUpload } from '../../shared/traces/trace.ts'
import { facts } from './trace-rig.ts'

/** Metres, as an axis of wavelengths has them. */
const metres = (start: number, step: number): TraceInfo['axis'] => ({
  ...{ quantity: 'wavelength', unit: 'm' },
  ...{ start, step },
})

/** More than one chunk, and not a whole number of them. */
const POINTS = 300_001
const samples = Float32Array.from({ length: POINTS }, (_, i) =>
  i === 3 ? NaN : Math.fround(-Math.sqrt(i) / 7),
)
const info: TraceInfo = { ...facts, id: 'dut-1', points: POINTS, tags: ['a'], settings: { startNm: 1500 } }

const scratch = async (): Promise<string> => mkdtemp(join(tmpdir(), 'lightbench-'))

async function exported(format: Exported): Promise<string> {
  const folder = await scratch()
  const file = join(folder, 'samples.npy')
  await writeFile(file, Buffer.concat([npyHeader(POINTS), toBigEndian(samples.slice())]))
  const into = join(folder, `out.${format}`)
  await exportTrace({ samples: file, info, format, into })
  return into
}

async function imported(
  content: string | Uint8Array,
  upload: TraceUpload = {},
): Promise<Imported & { values: number[] }> {
  const folder = await scratch()
  const [file, into] = [join(folder, 'in'), join(folder, 'out.npy')]
  await writeFile(file, content)
  const found = importFile({ file, upload, into })
  return { ...found, values: [...loadSamples(into, 0, found.points)] }
}

const same = (a: number | undefined, b: number | undefined): boolean => Object.is(a, b) || a === b

describe('exports', () => {
  it('CSV names its columns with their units, and loses no digit', async () => {
    const lines = (await readFile(await exported('csv'), 'utf8')).split('\r\n')
    expect(lines[0]).toBe('wavelength (nm),transfer function (dB)')
    expect(lines.slice(1, 3)).toEqual(['1500.00000000,0.000000', '1500.00010000,-0.14285715'])
    expect(lines[4]).toBe('1500.00030000,')
    expect(lines).toHaveLength(POINTS + 2)
    const back = lines.slice(1, -1).map((line) => line.split(',')[1] ?? '')
    expect(back.every((text, i) => same(text === '' ? NaN : Math.fround(Number(text)), samples[i]))).toBe(
      true,
    )
  })

  it('JSON holds what is known of the trace and its samples', async () => {
    const trace = JSON.parse(await readFile(await exported('json'), 'utf8')) as TraceInfo & {
      samples: (number | null)[]
    }
    expect(trace).toMatchObject(info)
    expect(trace.samples).toHaveLength(POINTS)
    expect(
      trace.samples.every((value, i) => same(value === null ? NaN : Math.fround(value), samples[i])),
    ).toBe(true)
  })

  it('Parquet is read by another reader as the same numbers', async () => {
    const bytes = await readFile(await exported('parquet'))
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    const kept = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'lightbench.trace')
    expect(JSON.parse(kept?.value ?? '{}')).toEqual(info)
    const rows = await parquetReadObjects({ file })
    expect(rows).toHaveLength(POINTS)
    expect(rows.every(({ value }, i) => same(value as number, samples[i]))).toBe(true)
    expect(rows[POINTS - 1]?.['wavelength_m']).toBeCloseTo(1.5e-6 + (POINTS - 1) * 1e-13, 18)
  })

  it('HDF5 has both columns and what is known as attributes', async () => {
    await ready
    const file = new File(await exported('h5'), 'r')
    const column = (name: string): Float32Array => (file.get(name) as Dataset).value as Float32Array
    expect(column('value').every((value, i) => same(value, samples[i]))).toBe(true)
    expect(column('wavelength_m')).toHaveLength(POINTS)
    expect(column('wavelength_m')[POINTS - 1]).toBeCloseTo(1.5e-6 + (POINTS - 1) * 1e-13, 18)
    expect(file.attrs['unit']?.value).toBe('dB')
    expect(file.attrs['settings']?.value).toBe('{"startNm":1500}')
    file.close()
  })
})

describe('CSV', () => {
  it.each<[string, string, Partial<Imported>]>([
    [
      'nm and dBm by name',
      'wavelength (nm);power_dBm\n1550,0;-1,5\n1550,5;-2\n1551;-3\n',
      { unit: 'dBm', axis: metres(1.55e-6, 5e-10) },
    ],
    [
      'pm',
      'x [pm],y [mW]\n1550000,-1.5\n1550500,-2\n1551000,-3\n',
      { unit: 'mW', axis: metres(1.55e-6, 5e-10) },
    ],
    [
      'metres without a name',
      '1.55e-6 -1.5\n1.5505e-6 -2\n1.551e-6 -3',
      { unit: 'dB', axis: metres(1.55e-6, 5e-10) },
    ],
    [
      'nm without a name, by tabs, with remarks',
      '# made by hand\n\n1550\t-1.5\n1550.5\t-2\n1551\t-3\n',
      { axis: metres(1.55e-6, 5e-10) },
    ],
    ['falling wavelengths', '1551,-3\n1550.5,-2\n1550,-1.5\n', { axis: metres(1.55e-6, 5e-10) }],
    ['old line ends', '1550,-1.5\r1550.5,-2\r1551,-3\r', { axis: metres(1.55e-6, 5e-10) }],
  ])('takes %s', async (_, text, wanted) => {
    expect(await imported(text)).toMatchObject({
      ...wanted,
      points: 3,
      values: [-1.5, -2, -3],
      changed: undefined,
    })
  })

  it('takes one column when it is told where it lies, and no value for NaN', async () => {
    const upload = { start: 1.5e-6, step: 1e-12, unit: 'dBm' }
    const wanted = { axis: metres(1.5e-6, 1e-12), unit: 'dBm', values: [1, 2, 3] }
    expect(await imported('1\n2\n3\n', upload)).toMatchObject(wanted)
    expect((await imported('1550,1\n1551,\n1552,NaN\n1553,4\n')).values).toEqual([1, NaN, NaN, 4])
  })

  it('interpolates where wavelengths are not even, and says so', async () => {
    const { values, changed, axis } = await imported('1550,0\n1550.5,5\n1553,30\n1554,40\n')
    expect(axis.step).toBeCloseTo(4e-9 / 3, 15)
    expect(values).toEqual([0, 40 / 3, 80 / 3, 40].map((value): unknown => expect.closeTo(value, 4)))
    expect(changed).toMatch(/interpolated/)
  })

  it('keeps frequencies as they are, and makes wavelengths of them when it is told to', async () => {
    const file = 'frequency (THz),dB\n193.0,1\n193.1,2\n193.2,3\n193.3,4\n'
    expect(await imported(file)).toMatchObject({
      axis: { quantity: 'frequency', unit: 'Hz', start: 193e12, step: 1e11 },
      values: [1, 2, 3, 4],
    })
    const { axis, values, changed } = await imported(file, { axisUnit: 'm' })
    expect(axis).toMatchObject({ quantity: 'wavelength', unit: 'm' })
    expect(axis.start).toBeCloseTo(299_792_458 / 193.3e12, 15)
    expect(values[0]).toBeCloseTo(4)
    expect(values.at(-1)).toBeCloseTo(1)
    expect(changed).toBeUndefined()
  })

  it('says which line is wrong', async () => {
    await expect(imported('1550,1\n1551,2\nhello\n')).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('line 3'),
    })
  })

  it('finds lines that lie across two pieces of the file', async () => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${(1500 + i * 1e-4).toFixed(4)},${i}`)
    const { points, values } = await imported(lines.join('\n'))
    expect(points).toBe(lines.length)
    expect(values.every((value, i) => value === i)).toBe(true)
  })
})

/** An NPY file as numpy writes it. */
function numpy(descr: string, shape: string, data: ArrayBufferView, fortran = false): Uint8Array {
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`
  const head = Buffer.from(`\x93NUMPY\x01\x00vv${dict.padEnd(117)}\n`, 'latin1')
  head.writeUInt16LE(118, 8)
  return Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, data.byteLength)])
}

describe('NPY', () => {
  const nm = [1550, 1550.5, 1551]
  const values = [-1.5, -2, -3]
  const wanted = { axis: metres(1.55e-6, 5e-10), points: 3, values }

  it.each<[string, Uint8Array]>([
    ['rows of pairs', numpy('<f8', '(3, 2)', Float64Array.from(nm.flatMap((x, i) => [x, values[i]!])))],
    ['two rows', numpy('<f8', '(2, 3)', Float64Array.from([...nm, ...values]))],
    ['pairs in columns', numpy('<f8', '(3, 2)', Float64Array.from([...nm, ...values]), true)],
    [
      'two rows in columns',
      numpy('<f8', '(2, 3)', Float64Array.from(nm.flatMap((x, i) => [x, values[i]!])), true),
    ],
    ['float32', numpy('<f4', '(2, 3)', Float32Array.from([...nm, ...values]))],
    ['metres', numpy('<f8', '(2, 3)', Float64Array.from([...nm.map((x) => x * 1e-9), ...values]))],
  ])('takes %s', async (_, file) => {
    expect(await imported(file)).toMatchObject({
      ...wanted,
      axis: { start: expect.closeTo(1.55e-6, 15), step: expect.closeTo(5e-10, 15) },
    })
  })

  it('takes values alone when it is told where they lie', async () => {
    const upload = { start: 1.5e-6, step: 1e-12 }
    expect(await imported(numpy('<f8', '(3,)', Float64Array.from(values)), upload)).toMatchObject({
      axis: metres(1.5e-6, 1e-12),
      values,
    })
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['integers', numpy('<i4', '(3,)', Int32Array.of(1, 2, 3)), /not of float32/],
    ['three axes', numpy('<f4', '(1, 1, 1)', Float32Array.of(1)), /3 axes/],
    ['a table', numpy('<f4', '(3, 3)', new Float32Array(9)), /3 x 3/],
    ['less than it says', numpy('<f4', '(4,)', new Float32Array(3)), /not as long/],
    ['more than there may be', numpy('<f4', '(99999999999,)', new Float32Array(3)), /expected 2 to/],
  ])('refuses %s', async (_, file, message) => {
    await expect(imported(file, { start: 1e-6, step: 1e-12 })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringMatching(message),
    })
  })
})
