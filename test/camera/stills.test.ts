import { readFile, readdir } from 'node:fs/promises'
import { inflateSync } from 'node:zlib'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCamera } from '../../bridge/camera/device/device.ts'
import { Darkroom } from '../../bridge/camera/features/still/darkroom.ts'
import type { Frame } from '../../bridge/camera/frame/frame.ts'
import type { Handlers } from '../../bridge/device/device.ts'
import type { Gallery } from '../../bridge/gallery/gallery.ts'
import type { StillFormat } from '../../shared/camera/still.ts'
import { gallery } from '../support/gallery.ts'
import { readTiff } from '../support/tiff.ts'
import { cameraContext, cameraTopic, caller, handler, simStart } from '../sfu/media-rig.ts'

const publisher = { publish: () => ({ connect: async () => {}, produce: async () => '', close: () => {} }) }

async function camera(keeper: Gallery): Promise<{ commands: Handlers } & AsyncDisposable> {
  return openCamera(simStart(), cameraContext(publisher, cameraTopic(), keeper))
}

const text = {
  description: '{"camera":"cam"}',
  madeAt: Date.UTC(2026, 2, 9, 14, 3, 22),
  artist: 'ada',
  pixelSizeUm: 0.25,
}
const width = 64
const height = 48
const values = Uint16Array.from({ length: width * height }, (_, i) => (i * 37) % 4096)
const frame: Frame = {
  width,
  height,
  bitDepth: 12,
  format: 'mono12',
  data: values,
  madeAt: text.madeAt,
  number: 7,
}

async function developed(format: StillFormat): Promise<Buffer> {
  const into = (await gallery()).passing()
  const bytes = await new Darkroom().develop(frame, { into, format, text })
  const file = await readFile(into)
  expect(file.length).toBe(bytes)
  return file
}

describe('a still as a file', () => {
  it('holds in a TIFF exactly the 16-bit values that were measured, and what is known of them', async () => {
    const [page] = readTiff(await developed('tiff'))
    expect(page).toMatchObject({ width, height, bits: 16, most: 4095, artist: 'ada', pixelsPerCm: 40_000 })
    expect(page?.description).toBe(text.description)
    expect(page?.dateTime).toBe('2026:03:09 14:03:22')
    expect(page?.values).toEqual(values)
  })

  it('holds in a PNG exactly the 16-bit values that were measured, and what is known of them', async () => {
    const chunks = pngChunks(await developed('png'))
    const header = chunks.get('IHDR')!
    expect([header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9]]).toEqual([
      width,
      height,
      16,
      0,
    ])
    const lines = inflateSync(chunks.get('IDAT')!)
    const back = Uint16Array.from(values, (_, i) =>
      lines.readUInt16BE(Math.floor(i / width) * (width * 2 + 1) + 1 + (i % width) * 2),
    )
    expect(back).toEqual(values)
    expect(chunks.get('pHYs')!.readUInt32BE(0)).toBe(4_000_000)
    expect(chunks.get('iTXt')!.toString()).toContain(text.description)
  })

  it('is a JPEG that says what is known of it in its EXIF', async () => {
    const jpeg = await developed('jpeg')
    expect(jpeg.subarray(0, 4).toString('hex')).toBe('ffd8ffe1')
    expect(jpeg.subarray(6, 10).toString()).toBe('Exif')
    const [page] = readTiff(jpeg.subarray(12))
    expect(page?.description).toBe(text.description)
    expect(jpeg.subarray(-2).toString('hex')).toBe('ffd9')
  })

  it.each<[Frame['format'], Partial<Frame>, object]>([
    ['rgb8', { bitDepth: 8, data: new Uint8Array(width * height * 3).fill(200) }, { bits: 8, most: 255 }],
    ['bayerRG8', { bitDepth: 8, data: new Uint8Array(width * height).fill(200) }, { bits: 8, most: 255 }],
    ['bayerGB16', { bitDepth: 10 }, { bits: 16, most: 1023 }],
    [
      'i420',
      { bitDepth: 8, data: new Uint8Array((width * height * 3) / 2).fill(128) },
      { bits: 8, most: 255 },
    ],
  ])('holds the pixels of %s, and JPEGs of them', async (form, more, expected) => {
    const [into, thumbnail] = [(await gallery()).passing(), (await gallery()).passing()]
    const own = { ...frame, format: form, ...more }
    await new Darkroom().develop(own, { into, format: 'tiff', text, thumbnail })
    const [page] = readTiff(await readFile(into))
    expect(page).toMatchObject({ width, height, ...expected })
    if (form !== 'i420') {
      const pixels = page?.bits === 8 ? Uint8Array.from(page.bytes) : page?.values
      expect(pixels).toEqual(own.data)
    }
    expect((await readFile(thumbnail)).readUInt16BE()).toBe(0xffd8)
  })

  it('leaves nothing behind where it cannot be written, and says why', async () => {
    const into = `${(await gallery()).passing()}/no/folder`
    await expect(new Darkroom().develop(frame, { into, format: 'tiff', text })).rejects.toThrow('ENOENT')
  })
})

describe('a still of a camera', () => {
  it('goes into the gallery with its pictures, and says how it was taken', async () => {
    const keeper = await gallery()
    await using cam = await camera(keeper)
    const take = handler(cam.commands, 'camera.still')
    const entry = await take({ device: 'cam', format: 'tiff', note: 'a cell', tags: ['day 1'] }, caller())
    expect(entry).toMatchObject({
      kind: 'still',
      phase: 'whole',
      who: 'ada',
      note: 'a cell',
      tags: ['day 1'],
      width: 160,
      facts: { exposureMs: 10, gainDb: 0, pixelFormat: 'mono12', bitDepth: 12 },
    })
    const { path, thumbnail, preview } = await keeper.paths(entry.id)
    const file = await readFile(path)
    expect(entry.bytes).toBe(file.length)
    const [page] = readTiff(file)
    const said = JSON.parse(page?.description ?? '') as { takenAtMs: number }
    expect(said).toMatchObject({ bench: 'Test bench', camera: { id: 'cam' }, takenBy: 'ada', exposureMs: 10 })
    expect(Math.round(said.takenAtMs)).toBe(entry.takenAt)
    for (const jpeg of [thumbnail, preview]) expect((await readFile(jpeg)).readUInt16BE()).toBe(0xffd8)
    expect((await readdir(dirname(path))).length).toBe(3)
  })

  it('shows what was set just before: never a frame that was exposed until then', async () => {
    const keeper = await gallery()
    await using cam = await camera(keeper)
    const mean = async (): Promise<number> => {
      const { id } = await handler(cam.commands, 'camera.still')({ device: 'cam', format: 'tiff' }, caller())
      const [page] = readTiff(await readFile((await keeper.paths(id)).path))
      return (page?.values ?? new Uint16Array()).reduce((sum, value) => sum + value, 0) / (160 * 120)
    }
    const set = handler(cam.commands, 'camera.set')
    for (const [exposureMs, isBright] of [
      [0.5, false],
      [50, true],
      [0.5, false],
      [50, true],
    ] as const) {
      await set({ device: 'cam', exposureMs }, caller())
      const got = await mean()
      expect(got > 2000, `${got} at ${exposureMs} ms`).toBe(isBright)
    }
  })

  it('is not kept when it is only passed on', async () => {
    const keeper = await gallery()
    const device = await openCamera(simStart(), cameraContext(publisher, cameraTopic(), keeper))
    await using _ = device
    const file = await device.still?.('png', 'ada')
    const bytes = await file?.readFile()
    await file?.close()
    expect(bytes?.subarray(1, 4).toString()).toBe('PNG')
    expect((await keeper.storage()).files).toBe(0)
    expect(await readdir(dirname(keeper.passing()))).toEqual([])
  })

  it('is refused where the disk is as full as it may be, and nothing is begun', async () => {
    const keeper = await gallery({ rules: { keepFreeGB: 1e9 } })
    await using cam = await camera(keeper)
    for (const name of ['camera.still', 'camera.record.start'] as const) {
      await expect(
        handler(cam.commands, name)({ device: 'cam', format: 'tiff' } as never, caller()),
      ).rejects.toMatchObject({
        code: 'storage.full',
        message: expect.stringContaining('recordings.keepFreeGB'),
      })
    }
    expect((await keeper.storage()).files).toBe(0)
  })
})

function pngChunks(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    if (!chunks.has(type)) chunks.set(type, png.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  return chunks
}
