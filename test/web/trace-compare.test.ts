import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { npyHeader } from '../../shared/traces/npy.ts'
import type { TraceInfo } from '../../shared/traces/trace.ts'
import { Comparison, MOST_COMPARED } from '../../web/traces/comparison.svelte.ts'
import { Markers, MOST_MARKERS } from '../../web/traces/markers.svelte.ts'

const POINTS = 50

const trace = (id: string, part: Partial<TraceInfo> = {}): TraceInfo => ({
  id,
  device: 'dut',
  channel: 1,
  type: 1,
  label: 'transfer function',
  name: id.toUpperCase(),
  takenAt: 0,
  points: POINTS,
  axis: { quantity: 'wavelength', unit: 'm', start: 1.5e-6, step: 1e-12 },
  unit: 'dB',
  ...part,
})

/** The bridge: the samples of a trace called `a7` are all -7; of one called `gone` there are none. */
function answer(path: string): Response {
  const level = /\/[a-z](\d+)\.npy$/.exec(path)?.[1]
  if (level === undefined) return new Response('', { status: 404 })
  const file = new Uint8Array(128 + POINTS * 4)
  file.set(npyHeader(POINTS))
  const view = new DataView(file.buffer)
  for (let i = 0; i < POINTS; i++) view.setFloat32(128 + i * 4, -Number(level) + (i === 25 ? 1 : 0))
  return new Response(file)
}

beforeEach(() => {
  vi.stubGlobal('fetch', (path: string) => Promise.resolve(answer(path)))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

async function comparing(...traces: TraceInfo[]): Promise<Comparison> {
  const comparison = new Comparison()
  for (const each of traces) await comparison.add(each)
  return comparison
}
const levels = ({ curves }: Comparison): number[] => curves.map(({ samples }) => samples[0] ?? NaN)

it('gives each trace a colour of its own, and that of one that has left to the next', async () => {
  const comparison = await comparing(trace('a1'), trace('b2'), trace('c3'))
  comparison.remove('b2')
  await comparison.add(trace('d4'))
  expect(comparison.curves.map(({ id, colour }) => [id, colour])).toEqual([
    ['a1', 0],
    ['c3', 2],
    ['d4', 1],
  ])
})

it('takes no more than it has colours for, and none twice', async () => {
  const comparison = await comparing(...Array.from({ length: 9 }, (_, i) => trace(`a${i}`)), trace('a0'))
  expect(comparison.chosen).toHaveLength(MOST_COMPARED)
})

it('leaves out a trace whose samples cannot be had', async () => {
  const comparison = await comparing(trace('a1'))
  await expect(comparison.add(trace('gone'))).rejects.toMatchObject({ code: 'trace.unknown' })
  expect(comparison.isChosen('gone')).toBe(false)
})

it('shows the differences of the others from the first', async () => {
  const comparison = await comparing(trace('a1'), trace('b4'), trace('c9'))
  comparison.mode = 'difference'
  expect(levels(comparison)).toEqual([-3, -8])
  expect(comparison.curves[0]?.label).toBe('B4 − A1')
})

it('subtracts a reference that need not be chosen, and goes back when it is let go', async () => {
  const comparison = await comparing(trace('a5', { unit: 'dBm' }), trace('b7', { unit: 'dBm' }))
  await comparison.subtractAlways(trace('r2', { unit: 'dBm' }))
  expect(comparison.mode).toBe('reference')
  expect(levels(comparison)).toEqual([-3, -5])
  expect(comparison.curves[0]?.unit).toBe('dB')
  comparison.forget('r2')
  expect(comparison.mode).toBe('overlay')
  expect(levels(comparison)).toEqual([-5, -7])
})

it('says what was interpolated, and what cannot be subtracted', async () => {
  const other = trace('c3', {
    axis: { quantity: 'wavelength', unit: 'm', start: 1.5e-6 + 0.5e-12, step: 1e-12 },
  })
  const comparison = await comparing(trace('a1'), other, trace('m2', { unit: 'mW' }))
  comparison.mode = 'difference'
  expect(comparison.curves).toHaveLength(1)
  expect(comparison.remarks).toEqual([
    expect.stringMatching(/A1 was interpolated linearly onto the wavelengths of C3/),
    expect.stringMatching(/M2 is in mW.*cannot be subtracted/),
  ])
})

it('shows what lies along the axis of the first, and says of the others why they are not', async () => {
  const scope = trace('s2', { unit: 'V', axis: { quantity: 'time', unit: 's', start: 0, step: 1e-6 } })
  const comparison = await comparing(trace('a1'), scope)
  expect(comparison.curves.map(({ id }) => id)).toEqual(['a1'])
  expect(comparison.remarks).toEqual(['S2 is over time (s): it is not shown over wavelength (m).'])
  comparison.mode = 'difference'
  expect(comparison.curves).toEqual([])
  expect(comparison.remarks).toEqual(['S2 is over time (s): A1, over wavelength (m), cannot be subtracted.'])
  comparison.mode = 'overlay'
  comparison.remove('a1')
  expect(comparison.curves.map(({ id }) => id)).toEqual(['s2'])
  expect([comparison.remarks, comparison.fine.unit]).toEqual([[], 'µs'])
})

it('smooths what is looked at and never the samples', async () => {
  const comparison = await comparing(trace('a1'))
  comparison.smoothing = 'average'
  comparison.smoothingOver = 10
  expect(comparison.curves[0]?.samples[25]).toBeCloseTo(-1 + 1 / 11)
  expect(comparison.chosen[0]?.curve?.samples[25]).toBe(0)
  comparison.smoothing = 'none'
  expect(comparison.curves[0]?.samples[25]).toBe(0)
})

it('calls a trace by its new name once it has one', async () => {
  const comparison = await comparing(trace('a1'))
  comparison.update(trace('a1', { name: 'Ring 4' }))
  expect(comparison.curves[0]?.label).toBe('Ring 4')
})

it('measures markers from the first until another is chosen, and from the next when that is gone', () => {
  const markers = new Markers()
  for (let i = 0; i < MOST_MARKERS + 3; i++) markers.add(1550 + i)
  expect(markers.list).toHaveLength(MOST_MARKERS)
  const [first, second, third] = markers.list
  expect(markers.reference).toEqual(first)
  markers.measureFrom(third!)
  expect(markers.reference).toEqual(third)
  markers.move(third!, 1600)
  expect(markers.reference?.place).toBe(1600)
  markers.remove(third!)
  markers.remove(first!)
  expect(markers.reference).toEqual(second)
})
