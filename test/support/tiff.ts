/** One page of a TIFF as it stands in the file. */
export interface TiffPage {
  width: number
  height: number
  bits: number
  most: number
  /** Undefined where the size of a pixel is not known. */
  pixelsPerCm: number | undefined
  description: string
  artist: string
  dateTime: string
  /** The pixels as they lie in the file, and by 16 bits. */
  bytes: Buffer
  values: Uint16Array
}

const SIZES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 16: 8 }

/**
 * The pages of a little-endian TIFF or BigTIFF, by its directories (TIFF 6.0): a reader of its own, that shares nothing
 * with the writer. Throws what does not fit.
 */
export function readTiff(file: Buffer): TiffPage[] {
  const version = file.readUInt16LE(2)
  if (file.toString('latin1', 0, 2) !== 'II' || (version !== 42 && version !== 43)) throw new Error('no TIFF')
  const big = version === 43
  const word = (at: number): number => (big ? Number(file.readBigUInt64LE(at)) : file.readUInt32LE(at))
  const pages: TiffPage[] = []
  for (let at = word(big ? 8 : 4); at !== 0;) {
    const count = big ? Number(file.readBigUInt64LE(at)) : file.readUInt16LE(at)
    const first = at + (big ? 8 : 2)
    const entry = big ? 20 : 12
    const fields = new Map<number, Buffer>()
    for (let i = 0; i < count; i++) {
      const place = first + i * entry
      const size =
        SIZES[file.readUInt16LE(place + 2)]! *
        (big ? Number(file.readBigUInt64LE(place + 4)) : file.readUInt32LE(place + 4))
      const inline = place + (big ? 12 : 8)
      const from = size <= (big ? 8 : 4) ? inline : word(inline)
      if (from + size > file.length) throw new Error(`a field of page ${pages.length} lies behind the end`)
      fields.set(file.readUInt16LE(place), file.subarray(from, from + size))
    }
    pages.push(pageOf(file, fields))
    at = word(first + count * entry)
  }
  return pages
}

function pageOf(file: Buffer, fields: Map<number, Buffer>): TiffPage {
  const number = (tag: number): number => {
    const bytes = fields.get(tag)
    if (!bytes) return 0
    return bytes.length % 4 !== 0
      ? bytes.readUInt16LE()
      : bytes.length === 8
        ? Number(bytes.readBigUInt64LE())
        : bytes.readUInt32LE()
  }
  const string = (tag: number): string => fields.get(tag)?.toString('utf8').replace(/\0$/, '') ?? ''
  const ratio = fields.get(282)
  const resolution = ratio && ratio.readUInt32LE(0) / ratio.readUInt32LE(4)
  const bytes = file.subarray(number(273), number(273) + number(279))
  if (bytes.length !== number(279)) throw new Error('pixels are missing')
  return {
    width: number(256),
    height: number(257),
    bits: number(258),
    most: number(281),
    pixelsPerCm: number(296) === 3 ? resolution : undefined,
    description: string(270),
    artist: string(315),
    dateTime: string(306),
    bytes,
    values: Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16LE(i * 2)),
  }
}
