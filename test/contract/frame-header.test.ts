import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_HEADER_BYTES,
  type FrameHeader,
} from '../../shared/camera/frame-header.ts'

const HEADER: FrameHeader = {
  ...{ seq: 4_000_000_000, number: 2 ** 40, madeAt: 1_800_000_000_123.456 },
  ...{ deviceTimestampNs: 2n ** 60n + 1n, exposureMs: 12.5, gainDb: -3, pixelSizeNm: 325 },
  ...{ sensorWidth: 1280, sensorHeight: 1024, x: 100, y: 200, step: 2, width: 300, height: 150 },
  ...{ stride: 600, bitDepth: 12, format: 'bayerGB', compression: 'zstd', split: true },
  ...{ rawBytes: 90_000, bodyBytes: 41_234 },
  drops: { throttled: 1, credit: 2, packing: 3, replaced: 4, link: 5 },
}

describe('the header of a frame', () => {
  it('comes out as it went in', () => {
    const bytes = encodeFrameHeader(HEADER)
    expect(bytes.length).toBe(FRAME_HEADER_BYTES)
    expect(decodeFrameHeader(bytes)).toEqual(HEADER)
    expect(decodeFrameHeader(bytes.buffer)).toEqual(HEADER)
  })

  it('leaves out what a camera does not say', () => {
    const silent = { ...HEADER, deviceTimestampNs: undefined, exposureMs: undefined, pixelSizeNm: undefined }
    expect(decodeFrameHeader(encodeFrameHeader(silent))).toEqual(silent)
  })

  it.each<[string, Partial<FrameHeader>]>([
    ['reaches beyond', { x: 1000 }],
    ['rows', { stride: 599, rawBytes: 599 * 150 }],
    ['is not 90001 bytes', { rawBytes: 90_001 }],
    ['is not 41234 bytes', { compression: 'none' }],
    ['sent as', { bodyBytes: 200_000 }],
    ['17 bits', { bitDepth: 17 }],
    ['side of 0 px', { width: 0 }],
    ['side of 40000 px', { sensorWidth: 40_000 }],
    ['every 0th', { step: 0 }],
    ['without number or time', { number: NaN }],
  ])('is refused, saying that it %s', (what, wrong) => {
    expect(() => encodeFrameHeader({ ...HEADER, ...wrong })).toThrow(what)
    expect(() => encodeFrameHeader({ ...HEADER, ...wrong })).toThrow(RangeError)
  })

  it('is refused in bytes of another length, kind or name', () => {
    const bytes = encodeFrameHeader(HEADER)
    expect(() => decodeFrameHeader(bytes.subarray(1))).toThrow('takes 128 bytes, not 127')
    for (const [at, value, what] of [
      [0, 1, 'kind 1 is not a frame'],
      [1, 6, 'pixel format 6 is none of mono'],
      [2, 3, 'compression 3 is none of none'],
    ] as const) {
      const wrong = bytes.slice()
      wrong[at] = value
      expect(() => decodeFrameHeader(wrong)).toThrow(what)
    }
  })

  it('makes of any bytes a header that holds together, or a RangeError', () => {
    const random = fc.uint8Array({ minLength: FRAME_HEADER_BYTES, maxLength: FRAME_HEADER_BYTES })
    const flipped = fc.array(fc.tuple(fc.nat(FRAME_HEADER_BYTES - 1), fc.nat(255)), { maxLength: 6 })
    const check = (bytes: Uint8Array): void => {
      let header: FrameHeader
      try {
        header = decodeFrameHeader(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        return
      }
      expect(header.rawBytes).toBe(header.stride * header.height)
      expect(header.rawBytes).toBeLessThanOrEqual(2 ** 29)
      expect(decodeFrameHeader(encodeFrameHeader(header))).toEqual(header)
    }
    fc.assert(fc.property(random, check))
    fc.assert(
      fc.property(flipped, (flips) => {
        const bytes = encodeFrameHeader(HEADER)
        for (const [at, value] of flips) bytes[at] = value
        check(bytes)
      }),
    )
  })
})
