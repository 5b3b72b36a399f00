import { describe, expect, it } from 'vitest'
import { DeviceUnderTest } from '../../simulators/ctp10/device-under-test.ts'
import { findPeaks } from '../../bridge/traces/peaks.ts'
import type { PeakSearch, TracePeak } from '../../shared/traces/trace.ts'
import { noiseFrom } from './trace-rig.ts'

const POINTS = 400_001
const START_NM = 1530
const STEP_NM = 1e-4
const place = { quantity: 'wavelength', unit: 'm', start: START_NM * 1e-9, step: STEP_NM * 1e-9 }
const axis = { axis: place, unit: 'dB' }
const LEVEL = -5
const search = (part: Partial<PeakSearch> = {}): PeakSearch => ({
  kind: 'dip',
  prominence: 3,
  distance: 0,
  smooth: 0,
  limit: 200,
  ...part,
})

/** A Lorentzian notch: where, how wide at half depth, and what is left at the bottom, as a fraction. */
interface Ring {
  centre: number
  width: number
  floor: number
}

const rings: Ring[] = Array.from({ length: 12 }, (_, k) => ({
  centre: 1531.5 + 3.1 * k + 0.00003 * k,
  width: 0.02 + 0.003 * k,
  floor: 10 ** (-(6 + 1.5 * k) / 10),
}))

function notches(sigma: number, level: (nm: number) => number = () => LEVEL): Float32Array {
  const noise = noiseFrom(3)
  return Float32Array.from({ length: POINTS }, (_, i) => {
    const nm = START_NM + i * STEP_NM
    let through = 1
    for (const { centre, width, floor } of rings) {
      through *= 1 - (1 - floor) / (1 + ((2 * (nm - centre)) / width) ** 2)
    }
    return 10 * Math.log10(through) + level(nm) + sigma * noise()
  })
}

/** How wide a notch is 3 dB below what is beside it. */
function widthAt3dB({ width, floor }: Ring): number {
  return width * Math.sqrt((1 - floor) / (1 - 10 ** -0.3) - 1)
}

function compare(peaks: TracePeak[], tolerance: { pm: number; db: number; part: number }): void {
  expect(peaks).toHaveLength(rings.length)
  for (const [k, peak] of peaks.entries()) {
    const ring = rings[k]!
    const nm = peak.position * 1e9
    expect(Math.abs(nm - ring.centre) * 1e3, `position of ${k}`).toBeLessThan(tolerance.pm)
    expect(Math.abs(peak.depth + 10 * Math.log10(ring.floor)), `depth of ${k}`).toBeLessThan(tolerance.db)
    const widthNm = (peak.width ?? NaN) * 1e9
    expect(Math.abs(widthNm / widthAt3dB(ring) - 1), `width of ${k}`).toBeLessThan(tolerance.part)
    expect(peak.q).toBeCloseTo(nm / widthNm, 3)
    const before = peaks[k - 1]
    expect(peak.spacing).toBe(before && peak.position - before.position)
  }
}

describe('Lorentzian notches of known place, depth and width', () => {
  it('measures them where there is no noise', () => {
    compare(findPeaks(notches(0), axis, search()).peaks, { pm: 0.01, db: 0.1, part: 0.02 })
  })

  it('measures them in 0.1 dB of noise, and finds no other', () => {
    compare(findPeaks(notches(0.1), axis, search()).peaks, { pm: 0.3, db: 0.25, part: 0.05 })
  })

  it('measures them on ground that falls by 8 dB', () => {
    const slope = (nm: number): number => LEVEL - 0.2 * (nm - START_NM)
    compare(findPeaks(notches(0, slope), axis, search()).peaks, { pm: 0.05, db: 0.1, part: 0.02 })
  })

  it('finds them in 1 dB of noise when it may smooth, and none that is not there', () => {
    const { peaks } = findPeaks(notches(1), axis, search({ smooth: 3e-12 }))
    const deep = peaks.map(({ position }) => position * 1e9)
    for (const { centre } of rings) {
      expect(Math.min(...deep.map((nm) => Math.abs(nm - centre)))).toBeLessThan(0.003)
    }
    expect(peaks).toHaveLength(rings.length)
  })

  it('measures the same peaks upside down', () => {
    const lorentzian = (nm: number): number => 1e-4 + 1 / (1 + ((2 * (nm - 1550.0123)) / 0.04) ** 2)
    const samples = Float32Array.from(
      { length: POINTS },
      (_, i) => 10 * Math.log10(lorentzian(START_NM + i * STEP_NM)),
    )
    const [peak] = findPeaks(samples, axis, search({ kind: 'peak' })).peaks
    expect(Math.abs((peak?.position ?? 0) * 1e9 - 1550.0123) * 1e3).toBeLessThan(0.01)
    expect(peak?.value).toBeCloseTo(0, 1)
    expect(peak?.depth).toBeCloseTo(40, 0)
    // 3 dB are a hair less than a half.
    expect(((peak?.width ?? 0) * 1e9) / (0.04 * Math.sqrt(10 ** 0.3 - 1))).toBeCloseTo(1, 2)
  })

  it('finds in mW what it finds in dBm', () => {
    const decibels = notches(0)
    const milliwatts = decibels.map((value) => 10 ** (value / 10))
    const inDbm = findPeaks(decibels, axis, search()).peaks
    const inMw = findPeaks(milliwatts, { ...axis, unit: 'mW' }, search()).peaks
    expect(inMw.map(({ position }) => position)).toEqual(
      inDbm.map(({ position }): unknown => expect.closeTo(position, 14)),
    )
  })
})

describe('what is asked for', () => {
  it('leaves out what stands out by less', () => {
    const { found } = findPeaks(notches(0), axis, search({ prominence: 10 }))
    expect(found).toBe(rings.filter(({ floor }) => -10 * Math.log10(floor) > 10).length)
  })

  it('keeps of two that are closer the more prominent', () => {
    const { peaks } = findPeaks(notches(0), axis, search({ distance: 3.5e-9 }))
    expect(peaks.length).toBeLessThan(rings.length)
    expect(peaks.at(-1)?.position).toBeCloseTo(rings.at(-1)!.centre * 1e-9, 13)
    for (const { spacing } of peaks) if (spacing !== undefined) expect(spacing).toBeGreaterThan(3.5e-9)
  })

  it('answers the most prominent so many, by position, and says how many there are', () => {
    const { found, peaks } = findPeaks(notches(0), axis, search({ limit: 3 }))
    expect(found).toBe(rings.length)
    expect(peaks.map(({ position }) => Math.round(position * 1e12))).toEqual(
      rings.slice(-3).map(({ centre }) => Math.round(centre * 1e3)),
    )
  })

  it('gives no width to a dip of less than 3 dB', () => {
    const samples = Float32Array.from({ length: 2001 }, (_, i) => -2 / (1 + ((i - 1000) / 50) ** 2))
    const [dip] = findPeaks(samples, axis, search({ prominence: 1 })).peaks
    expect(Math.abs((dip?.depth ?? 0) - 2)).toBeLessThan(0.15)
    expect(dip).not.toHaveProperty('width')
    expect(dip).not.toHaveProperty('q')
  })
})

describe('what a trace may be', () => {
  it.each([
    ['flat', new Float32Array(1000)],
    ['without a number', new Float32Array(1000).fill(NaN)],
    ['of one sample', Float32Array.of(1)],
    ['a slope', Float32Array.from({ length: 1000 }, (_, i) => i)],
    ['half a dip at its end', Float32Array.from({ length: 1000 }, (_, i) => -Math.max(0, i - 900))],
  ])('finds nothing in one that is %s', (_, samples) => {
    expect(findPeaks(samples, axis, search({ kind: 'both' }))).toEqual({ found: 0, peaks: [] })
  })

  it('takes the edge of a gap for no dip', () => {
    const samples = notches(0).fill(NaN, 20_000, 40_000)
    const { peaks } = findPeaks(samples, axis, search())
    const inGap = rings.filter(({ centre }) => centre > START_NM + 2 && centre < START_NM + 4)
    expect(peaks).toHaveLength(rings.length - inGap.length)
  })
})

it('measures the comb of the simulated microring as it was made', () => {
  const ring = new DeviceUnderTest(11)
  const points = 300_001
  const noise = noiseFrom(5)
  const clean = new Float32Array(points)
  const samples = clean.map((_, i) => {
    const power = ring.transmission(1, START_NM + i * STEP_NM, 0)
    clean[i] = 10 * Math.log10(power)
    return clean[i] + 0.02 * noise()
  })
  const { peaks } = findPeaks(samples, axis, search({ prominence: 5 }))
  expect(peaks.length).toBeGreaterThan(10)
  for (const { position, depth, width, q, spacing } of peaks) {
    const at = Math.round((position - place.start) / place.step)
    // There is no lower sample of the same, without its noise, anywhere near.
    let least = at
    for (let i = at - 300; i < at + 300; i++) if (clean[i]! < clean[least]!) least = i
    expect(Math.abs(at - least)).toBeLessThan(5)
    expect(depth).toBeGreaterThan(7)
    expect(depth).toBeLessThan(26)
    // Its rings have Q from 22,000 to 75,000 by half their depth; 3 dB below the baseline a shallow one is narrower.
    expect(q).toBeGreaterThan(21_000)
    expect(q).toBeLessThan(95_000)
    expect(width).toBeLessThan(0.075e-9)
    if (spacing !== undefined) expect(Math.abs(spacing * 1e9 - 2.4)).toBeLessThan(0.1)
  }
})
