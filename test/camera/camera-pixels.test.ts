import { describe, expect, it } from 'vitest'
import { offsetRange, sideRange, snap } from '../../bridge/camera/kinds/aravis/grid.ts'
import { pixelLayout } from '../../bridge/camera/kinds/aravis/pixels.ts'
import { type BayerPattern, type Frame, i420Bytes, toI420 } from '../../bridge/camera/frame/frame.ts'
import { lastFrameReason } from '../../bridge/camera/process/last-frame.ts'

function unpacked(name: string, bytes: string, samples: number): number[] {
  const to = new Uint16Array(samples)
  pixelLayout(name)!.unpack!(Uint8Array.from(Buffer.from(bytes, 'hex')), to)
  return [...to]
}

describe('packed pixels', () => {
  it('of PFNC follow each other from the lowest bit on', () => {
    // 0x123 and 0xabc: 23 c1 ab.
    expect(unpacked('Mono12p', '23c1ab', 2)).toEqual([0x123, 0xabc])
    // 1, 2, 3, 1023: the 40 bits 0xffc0300801, the lowest byte first.
    expect(unpacked('BayerRG10p', '010830c0ff', 4)).toEqual([1, 2, 3, 1023])
  })

  it('of GigE Vision share the middle one of three bytes for their low bits', () => {
    expect(unpacked('Mono12Packed', '12c3ab', 2)).toEqual([0x123, 0xabc])
    // 0x155 is 55 and 1, 0x2aa is aa and 2.
    expect(unpacked('BayerGB10Packed', '5521aa', 2)).toEqual([0x155, 0x2aa])
  })

  it('are named with their format, depth and bits; what cannot be taken is not', () => {
    expect(pixelLayout('Mono12')).toEqual({ format: 'mono16', bitDepth: 12, bits: 16 })
    expect(pixelLayout('BayerGR8')).toEqual({ format: 'bayerGR8', bitDepth: 8, bits: 8 })
    expect(pixelLayout('BayerBG12p')).toMatchObject({ format: 'bayerBG16', bitDepth: 12, bits: 12 })
    expect(pixelLayout('Mono12Packed')).toMatchObject({ format: 'mono16', bits: 12 })
    expect(pixelLayout('BGR8')).toMatchObject({ format: 'rgb8', bits: 24 })
    for (const name of ['Coord3D_ABC32f', 'Mono8Signed', 'Mono14p', 'YUV422_8']) {
      expect(pixelLayout(name)).toBe(undefined)
    }
  })
})

const SIZE = 6
const COLOURS = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255], grey: [128, 128, 128] } as const
/** ITU-R BT.601 in limited range, from its definition. */
const YUV = { red: [81, 90, 240], green: [145, 54, 34], blue: [41, 240, 110], grey: [126, 128, 128] } as const

function picture(format: Frame['format'], bitDepth: number, data: Frame['data']): number[][] {
  const i420 = new Uint8Array(i420Bytes(SIZE, SIZE)).fill(128)
  toI420({ width: SIZE, height: SIZE, bitDepth, format, data, madeAt: 0, number: 0 }, i420, false)
  const pixels = SIZE * SIZE
  return [i420.subarray(0, pixels), i420.subarray(pixels, pixels * 1.25), i420.subarray(pixels * 1.25)].map(
    (plane) => [...new Set(plane)],
  )
}

function nearly(planes: number[][], wanted: readonly number[]): void {
  for (const [i, plane] of planes.entries()) {
    for (const value of plane) expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1)
  }
}

describe('a picture to look at', () => {
  const patterns: BayerPattern[] = ['RG', 'GR', 'GB', 'BG']
  it.each(patterns)('of one colour is of that colour everywhere, made of a %s mosaic', (pattern) => {
    const rows = [pattern, { RG: 'GB', GR: 'BG', GB: 'RG', BG: 'GR' }[pattern]]
    for (const colour of Object.keys(COLOURS) as (keyof typeof COLOURS)[]) {
      const of = (x: number, y: number): number => COLOURS[colour]['RGB'.indexOf(rows[y % 2]![x % 2]!)]!
      const eight = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => of(i % SIZE, Math.floor(i / SIZE)))
      nearly(picture(`bayer${pattern}8`, 8, eight), YUV[colour])
      nearly(
        picture(
          `bayer${pattern}16`,
          12,
          Uint16Array.from(eight, (value) => value << 4),
        ),
        YUV[colour],
      )
    }
  })

  it('of red, green and blue bytes has their colour, and mono none', () => {
    for (const colour of Object.keys(COLOURS) as (keyof typeof COLOURS)[]) {
      const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => COLOURS[colour][i % 3]!)
      nearly(picture('rgb8', 8, data), YUV[colour])
    }
    for (const bitDepth of [8, 10, 12, 16]) {
      const data = new Uint16Array(SIZE * SIZE).fill(2 ** bitDepth - 1)
      nearly(picture('mono16', bitDepth, data), [235, 128, 128])
    }
  })
})

describe('a region', () => {
  it('lies on the even places of the grid that the camera has', () => {
    expect(sideRange({ min: 1, step: 1 }, 2049)).toMatchObject({ min: 16, max: 2048, step: 2 })
    expect(sideRange({ min: 32, step: 16 }, 1936)).toMatchObject({ min: 32, max: 1936, step: 16 })
    expect(sideRange({ min: 3, step: 3 }, 100)).toMatchObject({ min: 18, max: 96, step: 6 })
    expect(offsetRange({ step: 1 }, { min: 16, max: 2048 })).toMatchObject({ min: 0, max: 2032, step: 2 })
    expect(snap(101, { min: 16, max: 96, step: 8 })).toBe(96)
    expect(snap(5, { min: 16, max: 96, step: 8 })).toBe(16)
  })
})

it('says why there is no live view when a picture takes over 2 s, or waits for a trigger that does not come', () => {
  expect(lastFrameReason({ exposureMs: 2000 }, 100)).toBe(undefined)
  expect(lastFrameReason({ exposureMs: 2500 }, 100)).toBe('the exposure is 2.5 s')
  expect(lastFrameReason({ exposureMs: 10, trigger: 'Line0' }, 500)).toBe(undefined)
  expect(lastFrameReason({ exposureMs: 10, trigger: 'Line0' }, 5000)).toBe('it waits for a trigger on Line0')
  expect(lastFrameReason({ exposureMs: 10, trigger: 'off' }, 5000)).toBe(undefined)
})
