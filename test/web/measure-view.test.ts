import { describe, expect, it } from 'vitest'
import { Throttle } from '../../bridge/camera/features/frames/throttle.ts'
import type { FrameHeader } from '../../shared/camera/frame-header.ts'
import { parseNpyHeader } from '../../shared/traces/npy.ts'
import { analyse } from '../../web/camera/measure/analysis.ts'
import { colourTable } from '../../web/camera/measure/colour-maps.ts'
import { profileCsv, toNpy, toTiff } from '../../web/camera/measure/export.ts'
import { coloursOf } from '../../web/camera/measure/flat-painter.ts'
import { angleAt, lengthText, scaleBar } from '../../web/camera/measure/lengths.ts'
import { profileAlong } from '../../web/camera/measure/profile.ts'
import { drawn, handlesOf, moved } from '../../web/camera/measure/shapes.ts'
import { countValues } from '../../web/camera/measure/statistics.ts'
import { fitted, panned, toFrame, toWindow, zoomed } from '../../web/camera/measure/view.ts'

const frame = { width: 1280, height: 1024 }
const window = { width: 640, height: 480 }

function header(change: Partial<FrameHeader> = {}): FrameHeader {
  return {
    ...{ seq: 1, number: 7, madeAt: 0, sensorWidth: 100, sensorHeight: 80, x: 10, y: 20, step: 2 },
    ...{ width: 4, height: 3, stride: 8, bitDepth: 12, format: 'mono', compression: 'none', split: false },
    ...{ rawBytes: 24, bodyBytes: 24, pixelSizeNm: 500 },
    ...{ drops: { throttled: 0, credit: 0, packing: 0, replaced: 0, link: 0 } },
    ...change,
  }
}
const samples = Uint16Array.from([0, 1, 2, 3, 100, 101, 102, 103, 4092, 4093, 4094, 4095])

describe('the view of a picture', () => {
  it('begins with all of it, and finds every place again', () => {
    const view = fitted(frame, window)
    expect(toWindow(view, window, { x: 0, y: 0 })).toEqual({ x: 20, y: 0 })
    expect(toFrame(view, window, toWindow(view, window, { x: 321, y: 99 }))).toEqual({ x: 321, y: 99 })
  })

  it('enlarges about what is under the pointer, and stays within bounds', () => {
    const anchor = { x: 100, y: 50 }
    const before = fitted(frame, window)
    const view = zoomed(before, frame, window, 3, anchor)
    const [there, here] = [before, view].map((each) => toFrame(each, window, anchor))
    expect(here!.x).toBeCloseTo(there!.x)
    expect(here!.y).toBeCloseTo(there!.y)
    expect(zoomed(view, frame, window, 1e9, anchor).zoom).toBe(128)
    expect(zoomed(view, frame, window, 1e-9, anchor).zoom).toBeGreaterThan(0.1)
    expect(panned(view, frame, { x: 1e6, y: -1e6 })).toMatchObject({ x: 0, y: 1024 })
  })
})

describe('what is drawn', () => {
  it('keeps to the frame, in whole pixels where it is a region', () => {
    const shapes = drawn({}, 'region', { x: 50.7, y: 2000 }, { x: -5, y: 1000.2 }, frame)
    expect(shapes.region).toEqual({ x: 0, y: 1000, width: 51, height: 24 })
  })

  it('can be taken by its handles', () => {
    const line = drawn({}, 'profile', { x: 1, y: 2 }, { x: 30, y: 40 }, frame)
    const all = drawn(line, 'angle', { x: 5, y: 5 }, { x: 9, y: 5 }, frame)
    expect(handlesOf(all).map(({ label }) => label)).toHaveLength(5)
    const end = handlesOf(all).find(({ part }) => part === 'to')!
    expect(moved(all, end, { x: 7, y: 8 }, frame).profile).toEqual({
      from: { x: 1, y: 2 },
      to: { x: 7, y: 8 },
    })
  })

  it('is read in the unit that fits', () => {
    expect(lengthText(12.5, undefined)).toBe('12.50 px')
    expect(lengthText(100, 325)).toBe('32.50 µm')
    expect(angleAt({ x: 0, y: 0 }, { x: 1, y: 0 }, { x: -1, y: 1 })).toBeCloseTo(135)
    expect(scaleBar(0.5, 325, 140)).toEqual({ text: '50 µm', length: (50_000 / 325) * 0.5 })
    expect(scaleBar(2, undefined, 140)).toEqual({ text: '50 px', length: 100 })
  })
})

describe('what is measured', () => {
  it('counts every value', () => {
    const { bins, statistics } = countValues({ width: 4, height: 3, samples, full: 4095 }, undefined)
    expect(bins[0]).toBe(4)
    expect(bins[255]).toBe(4)
    expect(statistics).toMatchObject({ pixels: 12, min: 0, max: 4095, saturated: 1 })
    const mean = samples.reduce((all, value) => all + value, 0) / 12
    expect(statistics.mean).toBeCloseTo(mean)
    const squares = samples.reduce((all, value) => all + (value - mean) ** 2, 0)
    expect(statistics.deviation).toBeCloseTo(Math.sqrt(squares / 12))
  })

  it('interpolates along a line, and has nothing beyond the picture', () => {
    const grey = { width: 4, height: 3, samples, full: 4095 }
    const { values, distances } = profileAlong(grey, { from: { x: 0.5, y: 0.5 }, to: { x: 3.5, y: 0.5 } })
    expect([...values]).toEqual([0, 1, 2, 3])
    expect([...distances]).toEqual([0, 1, 2, 3])
    const down = profileAlong(grey, { from: { x: 1, y: 1 }, to: { x: 1, y: 5 } }).values
    expect(down[0]).toBeCloseTo((0 + 1 + 100 + 101) / 4)
    expect(down.at(-1)).toBeNaN()
  })

  it('counts in pixels of the whole frame, whatever part of it was sent', () => {
    const analysis = analyse(
      { header: header(), samples },
      {
        beam: false,
        region: { x: 12, y: 22, width: 4, height: 2 },
        profile: { from: { x: 11, y: 21 }, to: { x: 17, y: 21 } },
      },
    )
    expect(analysis.region).toMatchObject({ pixels: 2, min: 101, max: 102 })
    expect([...analysis.profile!.distances]).toEqual([0, 2, 4, 6])
    expect([...analysis.profile!.values]).toEqual([0, 1, 2, 3])
  })
})

describe('what is saved', () => {
  it('is an NPY file with the samples as they are', async () => {
    const bytes = new Uint8Array(await toNpy({ header: header(), samples }).arrayBuffer())
    expect(() => parseNpyHeader(bytes)).toThrow('NPY file of u2')
    const begin = bytes.length - 24
    expect(begin % 64).toBe(0)
    expect(new Uint16Array(bytes.buffer, begin)).toEqual(samples)
  })

  it('is a TIFF file of 16 bits with its pixel size and what is known of the frame', async () => {
    const bytes = new Uint8Array(await toTiff({ header: header(), samples }).arrayBuffer())
    const view = new DataView(bytes.buffer)
    const tags = new Map<number, number>()
    for (let i = 0; i < view.getUint16(8, true); i++) {
      const at = 10 + i * 12
      const isShort = view.getUint16(at + 2, true) === 3
      tags.set(
        view.getUint16(at, true),
        isShort ? view.getUint16(at + 8, true) : view.getUint32(at + 8, true),
      )
    }
    expect([256, 257, 258, 259, 262, 277, 279].map((tag) => tags.get(tag))).toEqual([4, 3, 16, 1, 1, 1, 24])
    expect([...tags.keys()]).toEqual([...tags.keys()].sort((a, b) => a - b))
    // 500 nm, of which every second was sent: 10,000 a cm.
    const resolution = tags.get(282)!
    expect(view.getUint32(resolution, true) / view.getUint32(resolution + 4, true)).toBe(10_000)
    expect(new Uint16Array(bytes.buffer, tags.get(273))).toEqual(samples)
    const text = new TextDecoder().decode(bytes.subarray(tags.get(270)))
    expect(JSON.parse(text.slice(0, text.indexOf('\0')))).toMatchObject({
      number: 7,
      pixelSizeNm: 500,
      step: 2,
    })
  })

  it('is a profile with its distances', () => {
    const profile = { distances: Float64Array.of(0, 1.5), values: Float64Array.of(12.25, NaN) }
    expect(profileCsv(profile, 500)).toBe(
      'distance (px),distance (µm),value\r\n0.000,0.0000,12.25\r\n1.500,0.7500,\r\n',
    )
  })
})

it('has colour maps that run from one end to the other', () => {
  const table = colourTable('viridis')
  expect([...table.subarray(0, 4), ...table.subarray(-4)]).toEqual([68, 1, 84, 255, 253, 231, 37, 255])
})

it('paints levels, gamma and what is saturated without a graphics card too', () => {
  const look = { black: 100, white: 104, gamma: 0.5, map: 'grey', saturation: true, demosaic: false } as const
  const colours = coloursOf({ header: header(), samples }, look)
  const pixel = (i: number): number[] => Array.from(colours.subarray(i * 4, i * 4 + 3))
  expect(pixel(3)).toEqual([0, 0, 0])
  expect(pixel(6)).toEqual([64, 64, 64])
  expect(pixel(10)).toEqual([255, 255, 255])
  expect(pixel(11)).toEqual([255, 26, 26])
})

describe('the throttle', () => {
  const passed = (perSecond: number | null, period: number, frames: number): number => {
    const throttle = new Throttle(perSecond)
    let count = 0
    for (let i = 0; i < frames; i++) {
      // Cameras jitter by some per cent of their period.
      const at = i * period + (i % 3)
      if (!throttle.isDue(at)) continue
      throttle.take(at)
      count += 1
    }
    return count
  }

  it('holds its rate on average, whatever the camera’s', () => {
    expect(passed(10, 1000 / 30, 300)).toBe(100)
    expect(Math.abs(passed(10, 1000 / 24, 240) - 100)).toBeLessThanOrEqual(1)
    expect(passed(60, 1000 / 30, 300)).toBe(300)
    expect(passed(null, 10, 50)).toBe(50)
  })
})
