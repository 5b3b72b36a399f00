import { expect, it } from 'vitest'
import type { TraceAxis } from '../../shared/traces/trace-axis.ts'
import { differenceUnit, type Line, subtract } from '../../web/traces/plot/combine.ts'
import { curveOf, pointsIn, valueAt } from '../../web/traces/plot/curve.ts'
import { readMarker } from '../../web/traces/plot/marker.ts'
import { sparklinePath } from '../../web/traces/sparkline.ts'
import { uploadQuery } from '../../web/traces/upload.ts'

/** NaN is close to nothing, itself included. */
const near = (value: number): number => (Number.isNaN(value) ? NaN : (expect.closeTo(value, 4) as number))

const along = (start: number, step = 1e-12): TraceAxis => ({
  ...{ quantity: 'wavelength', unit: 'm' },
  ...{ start, step },
})

const line = (part: Partial<Line> = {}): Line => ({
  axis: along(1.5e-6),
  unit: 'dBm',
  samples: Float32Array.of(-1, -2, -3, -4),
  ...part,
})

it('subtracts sample by sample where the axes agree, however the start was rounded', () => {
  const b = line({ axis: along(1.5e-6 + 1e-15), samples: Float32Array.of(1, 1, 2, 2) })
  expect(subtract(line(), b)).toMatchObject({
    samples: Float32Array.of(-2, -3, -5, -6),
    interpolated: false,
    unit: 'dB',
  })
})

it('subtracts where both are when one begins some samples later, and shows a gap elsewhere', () => {
  const later = line({ axis: along(1.5e-6 + 2e-12) })
  expect([...(subtract(line(), later)?.samples ?? [])]).toEqual([NaN, NaN, -2, -2])
  expect(subtract(line(), later)?.interpolated).toBe(false)
})

it('interpolates linearly onto the first where the axes do not agree, and says so', () => {
  const between = line({ axis: along(1.5e-6 - 0.5e-12), samples: Float32Array.of(0, 2, 4, 6) })
  const difference = subtract(line(), between)
  expect([...(difference?.samples ?? [])]).toEqual([-2, -5, -8, NaN].map(near))
  expect(difference?.interpolated).toBe(true)
  const coarse = line({ axis: along(1.5e-6, 2e-12), samples: Float32Array.of(0, 4) })
  expect([...(subtract(line(), coarse)?.samples ?? [])]).toEqual([-1, -4, -7, NaN].map(near))
  expect(subtract(line(), coarse)?.interpolated).toBe(true)
})

it.each([
  ['dBm', 'dBm', 'dB'],
  ['dB', 'dB', 'dB'],
  ['mW', 'mW', 'mW'],
  ['dBm', 'dB', 'dBm'],
  ['dB', 'dBm', undefined],
  ['mW', 'dBm', undefined],
])('takes %s less %s for %s', (a, b, unit) => {
  expect(differenceUnit(a, b)).toBe(unit)
  expect(subtract(line({ unit: a }), line({ unit: b }))?.unit).toBe(unit)
})

const curve = curveOf({
  id: 'a',
  label: 'A',
  colour: 0,
  ...line({ samples: new Float32Array(10_001).map((_, i) => i) }),
})

it('reads the nearest sample at a wavelength, and nothing beyond the ends', () => {
  expect(valueAt(curve, 1500.0034e-9)).toBe(3)
  expect(valueAt(curve, 1499e-9)).toBeUndefined()
  expect(valueAt(curve, 1511e-9)).toBeUndefined()
})

it('draws a curve that fills half of the view in half of its columns, and runs beyond its edges', () => {
  const half = pointsIn(curve, { from: 1490e-9, to: 1510e-9 }, 200)
  expect(half.index.length).toBeLessThanOrEqual(2 * 100)
  const inside = pointsIn(curve, { from: 1501e-9, to: 1501.02e-9 }, 200)
  expect(inside.index[0]).toBeLessThan(1000)
  expect(inside.index.at(-1)).toBeGreaterThan(1020)
  expect(pointsIn(curve, { from: 1600e-9, to: 1700e-9 }, 200).index).toEqual([])
})

it('looks six traces of 940,001 samples through at any zoom in less than half a frame', () => {
  const many = Array.from({ length: 6 }, (_, k) =>
    curveOf({
      id: `${k}`,
      label: '',
      colour: k,
      ...line({ samples: new Float32Array(940_001).map((_, i) => Math.sin(i * k)) }),
    }),
  )
  const times: number[] = []
  for (let span = 940; span > 0.01; span *= 0.8) {
    const begun = performance.now()
    const from = (1500 + 0.3 * (940 - span)) * 1e-9
    for (const each of many) pointsIn(each, { from, to: from + span * 1e-9 }, 2000)
    times.push(performance.now() - begun)
  }
  expect(times.sort((a, b) => a - b)[times.length >> 1]).toBeLessThan(8)
})

it('measures a marker from another: wavelength, frequency of light, and the difference of the values', () => {
  const [a, b] = [
    { id: 1, name: 'M1', place: 1501e-9 },
    { id: 2, name: 'M2', place: 1502e-9 },
  ]
  expect(readMarker(b, curve, a)).toEqual({
    value: 2000,
    delta: expect.closeTo(1e-9, 15),
    deltaHz: expect.closeTo((299_792_458 / 1502 - 299_792_458 / 1501) * 1e9, -3),
    deltaValue: 1000,
  })
  expect(readMarker(a, curve, a)).toMatchObject({ value: 1000, delta: undefined, deltaValue: undefined })
  expect(readMarker({ ...b, place: 1600e-9 }, curve, a)).toMatchObject({
    value: undefined,
    deltaValue: undefined,
  })
})

it('draws a small picture from top to bottom, with a break where there is nothing', () => {
  const path = sparklinePath(Float32Array.of(-10, NaN, -20), Float32Array.of(0, NaN, -20), 12)
  expect(path).toBe('M0 1.0L0 6.0M2 11.0L2 11.0')
  expect(sparklinePath(Float32Array.of(NaN), Float32Array.of(NaN), 12)).toBe('')
})

it('says of a file only what was filled in, in the unit of its axis', () => {
  const empty = { name: ' ', tags: '', unit: '', axis: '', start: undefined, step: undefined }
  expect(uploadQuery(empty)).toBe('')
  const query = new URLSearchParams(
    uploadQuery({ ...empty, name: 'Ring & port', unit: 'dBm', start: 1550, step: 1 }),
  )
  expect(Number(query.get('start'))).toBeCloseTo(1.55e-6, 15)
  expect(Number(query.get('step'))).toBeCloseTo(1e-12, 20)
  expect([query.get('name'), query.get('unit'), query.has('tags')]).toEqual(['Ring & port', 'dBm', false])
})
