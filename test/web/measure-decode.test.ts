import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compress } from '../../bridge/camera/features/frames/compress.ts'
import { packFrame } from '../../bridge/camera/features/frames/pack.ts'
import type { Frame, FrameFormat } from '../../bridge/camera/frame/frame.ts'
import { SimScene } from '../../bridge/camera/kinds/sim/sim-scene.ts'
import { Sensor } from '../../bridge/camera/frame/sensor.ts'
import { FRAME_COMPRESSIONS, type FrameHeader } from '../../shared/camera/frame-header.ts'
import { decodePicture, greyOf, type Picture } from '../../web/camera/measure/decode.ts'
import { lz4Decompress, zstdDecompress } from '../../web/camera/measure/decompress.ts'

const [width, height] = [322, 240]

function simFrame(): Frame {
  const data = new Uint16Array(width * height)
  new Sensor(3).read(new SimScene(width, height, 3).light, data, width)
  return { width, height, bitDepth: 12, format: 'mono12', data, madeAt: 1, number: 0 }
}

function counted(format: FrameFormat, bitDepth: number, channels = 1): Frame {
  const values = Array.from({ length: width * height * channels }, (_, i) => (i * 7) % 2 ** bitDepth)
  const data = bitDepth > 8 ? Uint16Array.from(values) : Uint8Array.from(values)
  return { width, height, bitDepth, format, data, madeAt: 1, number: 0 }
}

async function sent(
  frame: Frame,
  as: Partial<Parameters<typeof packFrame>[1] & Parameters<typeof compress>[1]> = {},
): Promise<Picture & { bodyBytes: number }> {
  const request = { region: null, step: 1, compression: 'none', level: 1, ...as } as const
  const { shape, bytes } = packFrame(frame, request, request.compression !== 'none')
  const body = await compress(bytes, request)
  const header: FrameHeader = {
    ...{ ...shape, seq: 1, number: 0, madeAt: 1, compression: request.compression },
    ...{ bodyBytes: body.length, drops: { throttled: 0, credit: 0, packing: 0, replaced: 0, link: 0 } },
  }
  return { ...decodePicture(header, new Uint8Array(body)), bodyBytes: body.length }
}

describe('frames as they are packed, compressed and decoded', () => {
  it.each(FRAME_COMPRESSIONS)('are the camera’s to the last bit: %s', async (compression) => {
    const frame = simFrame()
    const { samples, header, bodyBytes } = await sent(frame, { compression })
    expect(samples).toEqual(frame.data)
    expect(header).toMatchObject({ width, height, bitDepth: 12, format: 'mono', x: 0, y: 0 })
    if (compression !== 'none') expect(bodyBytes).toBeLessThan(width * height * 2 * 0.7)
  })

  it.each<[FrameFormat, number, number]>([
    ['mono8', 8, 1],
    ['mono16', 16, 1],
    ['bayerRG8', 8, 1],
    ['bayerGB16', 10, 1],
    ['rgb8', 8, 3],
  ])('are exact of %s too', async (format, bitDepth, channels) => {
    const frame = counted(format, bitDepth, channels)
    for (const compression of FRAME_COMPRESSIONS) {
      expect((await sent(frame, { compression })).samples).toEqual(frame.data)
    }
  })

  it('are the luma plane of video', async () => {
    const frame = { ...counted('mono8', 8), format: 'i420' as const }
    const { samples, header } = await sent({
      ...frame,
      data: new Uint8Array([...frame.data, ...new Uint8Array((width * height) / 2)]),
    })
    expect(header.format).toBe('mono')
    expect(samples).toEqual(frame.data)
  })

  it('are every step-th pixel of the region, whatever the region and the step', async () => {
    const frame = simFrame()
    const region = fc.tuple(fc.nat(width - 1), fc.nat(height - 1)).chain(([x, y]) =>
      fc.record({
        ...{ x: fc.constant(x), y: fc.constant(y) },
        ...{ width: fc.integer({ min: 1, max: width - x }), height: fc.integer({ min: 1, max: height - y }) },
      }),
    )
    const steps = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const)
    await fc.assert(
      fc.asyncProperty(region, steps, async (part, step) => {
        const { header, samples } = await sent(frame, { region: part, step })
        expect(header).toMatchObject({ x: part.x, y: part.y, step })
        expect(header.width).toBe(Math.ceil(part.width / step))
        expect(header.height).toBe(Math.ceil(part.height / step))
        const wrong = samples.findIndex((sample, i) => {
          const [x, y] = [i % header.width, Math.floor(i / header.width)]
          return sample !== frame.data[(part.y + y * step) * width + part.x + x * step]
        })
        expect(wrong).toBe(-1)
      }),
      { numRuns: 40 },
    )
  })

  it('of a Bayer pattern begin and step by whole cells, so that the pattern stays what it is', async () => {
    const frame = counted('bayerRG16', 12)
    const { header, samples } = await sent(frame, {
      region: { x: 7, y: 5, width: 40, height: 31 },
      step: 4,
    })
    expect(header).toMatchObject({ format: 'bayerRG', x: 6, y: 4, width: 12, height: 8 })
    for (let y = 0; y < header.height; y++) {
      for (let x = 0; x < header.width; x++) {
        const column = 6 + Math.floor(x / 2) * 8 + (x % 2)
        const row = 4 + Math.floor(y / 2) * 8 + (y % 2)
        expect(samples[y * header.width + x]).toBe(frame.data[row * width + column])
      }
    }
  })

  it('are measured by their luminance where they have colours', async () => {
    const frame = { ...counted('rgb8', 8, 3), data: new Uint8Array(width * height * 3).fill(200) }
    expect(new Set(greyOf(await sent(frame)))).toEqual(new Set([200]))
  })
})

describe('what does not decompress', () => {
  const decoders = { lz4: lz4Decompress, zstd: zstdDecompress }

  it.each(['lz4', 'zstd'] as const)('is a RangeError and no hang: %s', async (compression) => {
    const raw = new Uint8Array(4000).map((_, i) => (i * i) % 23)
    const good = new Uint8Array(await compress(raw, { compression, level: 1 }))
    expect(decoders[compression](good, raw.length)).toEqual(raw)
    expect(() => decoders[compression](good, raw.length - 1)).toThrow(RangeError)
    expect(() => decoders[compression](good, raw.length + 1)).toThrow(RangeError)
    expect(() => decoders[compression](good.subarray(0, good.length / 2), raw.length)).toThrow(RangeError)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1 }), (flips) => {
        const bad = good.slice()
        for (const [at, value] of flips) bad[at] = value
        try {
          expect(decoders[compression](bad, raw.length).length).toBe(raw.length)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})
