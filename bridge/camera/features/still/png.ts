import { endianness } from 'node:os'
import { crc32, deflateSync } from 'node:zlib'
import type { Raster } from './raster.ts'
import type { PageText } from './tiff.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** A sensor's noise does not get smaller by trying longer. */
const LEVEL = 3

/** A PNG file of 8 or 16 bits a sample, with its description, author and time as text (PNG, third edition). */
export function pngFile(raster: Raster, { description, madeAt, artist, pixelSizeUm }: PageText): Buffer {
  const { width, height, samples, data } = raster
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = data instanceof Uint16Array ? 16 : 8
  header[9] = samples === 3 ? 2 : 0
  const text: [keyword: string, value: string][] = [
    ['Description', description],
    ['Software', 'Lightbench'],
    ['Creation Time', new Date(madeAt).toISOString()],
    ...(artist ? [['Author', artist] as [string, string]] : []),
  ]
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...(pixelSizeUm === undefined ? [] : [chunk('pHYs', perMetre(pixelSizeUm))]),
    ...text.map(([keyword, value]) => chunk('iTXt', Buffer.from(`${keyword}\0\0\0\0\0${value}`, 'utf8'))),
    chunk('IDAT', deflateSync(scanLines(raster), { level: LEVEL })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Pixels a metre, both ways. */
function perMetre(pixelSizeUm: number): Buffer {
  const physical = Buffer.alloc(9, 1)
  const pixels = Math.max(1, Math.round(1e6 / pixelSizeUm))
  physical.writeUInt32BE(pixels, 0)
  physical.writeUInt32BE(pixels, 4)
  return physical
}

/** Rows with the filter type 0 before each, samples of 16 bits big-endian. */
function scanLines({ width, height, samples, data }: Raster): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const big = data instanceof Uint16Array && endianness() === 'LE' ? Buffer.from(bytes).swap16() : bytes
  const line = width * samples * data.BYTES_PER_ELEMENT
  const lines = Buffer.alloc((line + 1) * height)
  for (let row = 0; row < height; row++) big.copy(lines, row * (line + 1) + 1, row * line, (row + 1) * line)
  return lines
}

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length)
  head.write(type, 4, 'latin1')
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(data, crc32(head.subarray(4))))
  return Buffer.concat([head, data, check])
}
