import { endianness } from 'node:os'
import type { Raster } from './raster.ts'

/** Types of a field's values (TIFF 6.0, section 2; LONG8 of BigTIFF). */
const ASCII = 2
const SHORT = 3
const LONG = 4
const RATIONAL = 5
const LONG8 = 16
const SIZES: Record<number, number> = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [RATIONAL]: 8, [LONG8]: 8 }

/** One field of a directory: text, or numbers of a type. A RATIONAL is two numbers. */
export interface Field {
  tag: number
  type: number
  values: string | readonly number[]
}

/** What a page says of itself besides its pixels. */
export interface PageText {
  description: string
  /** ms since the epoch. */
  madeAt: number
  artist?: string
  pixelSizeUm?: number | undefined
}

const littleEndian = endianness() === 'LE'

/** The beginning of a file whose first directory lies at `first`. BigTIFF has offsets of 64 bits, for more than 4 GB. */
export function tiffHeader(first: number, big: boolean): Buffer {
  const header = Buffer.alloc(big ? 16 : 8)
  header.write('II', 'latin1')
  header.writeUInt16LE(big ? 43 : 42, 2)
  if (big) {
    header.writeUInt16LE(8, 4)
    header.writeBigUInt64LE(BigInt(first), 8)
  } else header.writeUInt32LE(first, 4)
  return header
}

/** Where in the header the place of the first directory stands. */
export function firstPointerAt(big: boolean): number {
  return big ? 8 : 4
}

/** An offset as it stands in a file. */
export function pointer(to: number, big: boolean): Buffer {
  const bytes = Buffer.alloc(big ? 8 : 4)
  if (big) bytes.writeBigUInt64LE(BigInt(to))
  else bytes.writeUInt32LE(to)
  return bytes
}

/** A directory that is to lie at `at`, with its longer values behind it, and where in it the place of the next one stands. */
export function directory(
  fields: readonly Field[],
  at: number,
  big: boolean,
): { bytes: Buffer; nextAt: number } {
  const [entry, inline, count] = big ? [20, 8, 8] : [12, 4, 2]
  const next = count + fields.length * entry
  const head = Buffer.alloc(next + (big ? 8 : 4))
  if (big) head.writeBigUInt64LE(BigInt(fields.length))
  else head.writeUInt16LE(fields.length)
  const longer: Buffer[] = []
  let free = at + head.length + (head.length % 2)
  const sorted = fields.toSorted((a, b) => a.tag - b.tag)
  for (const [i, field] of sorted.entries()) {
    const place = count + i * entry
    const values = valueBytes(field)
    head.writeUInt16LE(field.tag, place)
    head.writeUInt16LE(field.type, place + 2)
    const many = values.length / SIZES[field.type]!
    if (big) head.writeBigUInt64LE(BigInt(many), place + 4)
    else head.writeUInt32LE(many, place + 4)
    if (values.length <= inline) values.copy(head, place + entry - inline)
    else {
      pointer(free, big).copy(head, place + entry - inline)
      // Values begin at even places.
      const padded = values.length % 2 ? Buffer.concat([values, Buffer.alloc(1)]) : values
      longer.push(padded)
      free += padded.length
    }
  }
  const bytes = Buffer.concat([head, ...(head.length % 2 ? [Buffer.alloc(1)] : []), ...longer])
  return { bytes, nextAt: at + next }
}

function valueBytes({ type, values }: Field): Buffer {
  if (typeof values === 'string') return Buffer.from(`${values}\0`, 'utf8')
  const bytes = Buffer.alloc((values.length / (type === RATIONAL ? 2 : 1)) * SIZES[type]!)
  for (const [i, value] of values.entries()) {
    if (type === SHORT) bytes.writeUInt16LE(value, i * 2)
    else if (type === LONG8) bytes.writeBigUInt64LE(BigInt(value), i * 8)
    else bytes.writeUInt32LE(value, i * 4)
  }
  return bytes
}

/** The text fields of a picture, for TIFF and for the EXIF part of a JPEG, which is a TIFF without pixels. */
export function textFields({ description, madeAt, artist }: PageText): Field[] {
  // YYYY:MM:DD HH:MM:SS, in UTC; the description has it to the millisecond.
  const [date = '', time = ''] = new Date(madeAt).toISOString().slice(0, 19).split('T')
  return [
    { tag: 270, type: ASCII, values: description },
    { tag: 305, type: ASCII, values: 'Lightbench' },
    { tag: 306, type: ASCII, values: `${date.replaceAll('-', ':')} ${time}` },
    ...(artist ? [{ tag: 315, type: ASCII, values: artist }] : []),
  ]
}

/** The pixels' bytes, little-endian as the file is. */
export function pixelBytes({ data }: Raster): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return data instanceof Uint16Array && !littleEndian ? Buffer.from(bytes).swap16() : bytes
}

/**
 * One page that is to lie at `at` (even): its pixels, uncompressed in one strip, and behind them its directory
 * (baseline TIFF 6.0, grey or RGB, 8 or 16 bits). Values are the sensor's own; MaxSampleValue says how far they go.
 */
export function page(
  raster: Raster,
  text: PageText,
  at: number,
  big: boolean,
): { chunks: Uint8Array[]; directoryAt: number; nextAt: number; bytes: number } {
  const { width, height, samples, data, most } = raster
  const pixels = pixelBytes(raster)
  const pad = pixels.length % 2
  const bits = data instanceof Uint16Array ? 16 : 8
  const each = (value: number): number[] => new Array<number>(samples).fill(value)
  const offset = big ? LONG8 : LONG
  // Pixels a centimetre, or square ones of no known size.
  const resolution =
    text.pixelSizeUm === undefined ? [1, 1] : [10_000_000, Math.round(text.pixelSizeUm * 1000)]
  const fields: Field[] = [
    { tag: 254, type: LONG, values: [0] },
    { tag: 256, type: LONG, values: [width] },
    { tag: 257, type: LONG, values: [height] },
    { tag: 258, type: SHORT, values: each(bits) },
    { tag: 259, type: SHORT, values: [1] },
    { tag: 262, type: SHORT, values: [samples === 3 ? 2 : 1] },
    { tag: 273, type: offset, values: [at] },
    { tag: 277, type: SHORT, values: [samples] },
    { tag: 278, type: LONG, values: [height] },
    { tag: 279, type: offset, values: [pixels.length] },
    { tag: 281, type: SHORT, values: each(most) },
    { tag: 282, type: RATIONAL, values: resolution },
    { tag: 283, type: RATIONAL, values: resolution },
    { tag: 284, type: SHORT, values: [1] },
    { tag: 296, type: SHORT, values: [text.pixelSizeUm === undefined ? 1 : 3] },
    { tag: 339, type: SHORT, values: each(1) },
    ...textFields(text),
  ]
  const directoryAt = at + pixels.length + pad
  const { bytes, nextAt } = directory(fields, directoryAt, big)
  const chunks = pad ? [pixels, Buffer.alloc(1), bytes] : [pixels, bytes]
  return { chunks, directoryAt, nextAt, bytes: pixels.length + pad + bytes.length }
}

/** A file of one page. */
export function tiffFile(raster: Raster, text: PageText): Uint8Array[] {
  const at = tiffHeader(0, false).length
  const { chunks, directoryAt } = page(raster, text, at, false)
  return [tiffHeader(directoryAt, false), ...chunks]
}
