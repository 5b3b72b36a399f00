import { channelsOf, type FrameHeader, sampleBytes } from '../../../shared/camera/frame-header.ts'
import type { Picture } from './decode.ts'
import type { Profile } from './profile.ts'

const ALIGNED = 64

/** The samples as an NPY file (format 1.0): rows, columns, and colours where there are any. */
export function toNpy({ header, samples }: Picture): Blob {
  const channels = channelsOf(header.format)
  const shape = [header.height, header.width, ...(channels === 3 ? [3] : [])]
  const type = sampleBytes(header) === 2 ? '<u2' : '|u1'
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`
  const length = Math.ceil((10 + dict.length + 1) / ALIGNED) * ALIGNED
  const head = new Uint8Array(length).fill(0x20)
  head.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0])
  new DataView(head.buffer).setUint16(8, length - 10, true)
  head.set(new TextEncoder().encode(dict), 10)
  head[length - 1] = 0x0a
  return new Blob([head, samples], { type: 'application/octet-stream' })
}

/** Types of TIFF's fields (TIFF 6.0, page 15). */
const [ASCII, SHORT, LONG, RATIONAL] = [2, 3, 4, 5] as const
const FIELD_BYTES = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [RATIONAL]: 8 }
type Field = [tag: number, type: keyof typeof FIELD_BYTES, values: number[]]

/** The samples as a TIFF file, as they are: 16 bits are 16 bits, however few of them mean something. What is known of the frame is its description. */
export function toTiff({ header, samples }: Picture): Blob {
  const channels = channelsOf(header.format)
  const description = [...new TextEncoder().encode(JSON.stringify(described(header))), 0]
  const fields: Field[] = [
    [256, LONG, [header.width]],
    [257, LONG, [header.height]],
    [258, SHORT, Array.from({ length: channels }, () => sampleBytes(header) * 8)],
    [259, SHORT, [1]],
    [262, SHORT, [channels === 3 ? 2 : 1]],
    [270, ASCII, description],
    [273, LONG, [0]],
    [277, SHORT, [channels]],
    [278, LONG, [header.height]],
    [279, LONG, [samples.byteLength]],
  ]
  if (header.pixelSizeNm !== undefined) {
    // Pixels a cm, in thousandths.
    const perCm = Math.min(2 ** 32 - 1, Math.round(1e10 / (header.pixelSizeNm * header.step)))
    fields.push([282, RATIONAL, [perCm, 1000]], [283, RATIONAL, [perCm, 1000]], [296, SHORT, [3]])
  }
  const head = tiffHead(fields)
  return new Blob([head, samples], { type: 'image/tiff' })
}

function tiffHead(fields: Field[]): Uint8Array<ArrayBuffer> {
  const bytesOf = ([, type, values]: Field): number =>
    FIELD_BYTES[type] * (type === RATIONAL ? values.length / 2 : values.length)
  const table = 8 + 2 + fields.length * 12 + 4
  const outside = fields.map((field) => (bytesOf(field) > 4 ? Math.ceil(bytesOf(field) / 4) * 4 : 0))
  const size = Math.ceil((table + outside.reduce((all, bytes) => all + bytes, 0)) / 4) * 4
  const head = new Uint8Array(size)
  const view = new DataView(head.buffer)
  head.set([0x49, 0x49, 42, 0, 8, 0, 0, 0])
  view.setUint16(8, fields.length, true)
  let free = table
  fields.forEach((field, i) => {
    const [tag, type, values] = field
    const at = 10 + i * 12
    const bytes = bytesOf(field)
    view.setUint16(at, tag, true)
    view.setUint16(at + 2, type, true)
    view.setUint32(at + 4, bytes / FIELD_BYTES[type], true)
    let place = at + 8
    if (bytes > 4) {
      view.setUint32(at + 8, free, true)
      place = free
      free += outside[i]!
    }
    // The picture begins where the head ends.
    for (const value of tag === 273 ? [size] : values) {
      if (type === ASCII) view.setUint8(place, value)
      else if (type === SHORT) view.setUint16(place, value, true)
      else view.setUint32(place, value, true)
      place += type === RATIONAL ? 4 : FIELD_BYTES[type]
    }
  })
  return head
}

/** What is known of a frame, for people and programs. */
export function described(header: FrameHeader): Record<string, unknown> {
  const { number, madeAt, deviceTimestampNs, exposureMs, gainDb, pixelSizeNm, x, y, step, bitDepth, format } =
    header
  return {
    number,
    madeAt: new Date(madeAt).toISOString(),
    ...(deviceTimestampNs === undefined ? {} : { deviceTimestampNs: String(deviceTimestampNs) }),
    ...{ exposureMs, gainDb, pixelSizeNm, x, y, step, bitDepth, format },
  }
}

/** A profile as CSV (RFC 4180): distance in px, in µm where a pixel's size is known, and the value. */
export function profileCsv({ distances, values }: Profile, pixelSizeNm: number | undefined): string {
  const µm = (distance: number): string =>
    pixelSizeNm === undefined ? '' : `,${((distance * pixelSizeNm) / 1000).toFixed(4)}`
  const head = `distance (px)${pixelSizeNm === undefined ? '' : ',distance (µm)'},value`
  const rows = Array.from(distances, (distance, i) => {
    const value = values[i]!
    return `${distance.toFixed(3)}${µm(distance)},${Number.isNaN(value) ? '' : value.toFixed(2)}`
  })
  return [head, ...rows, ''].join('\r\n')
}

/** A name for a file of this frame. */
export function fileName(camera: string, { number, madeAt }: FrameHeader, extension: string): string {
  const time = new Date(madeAt).toISOString().slice(0, 19).replaceAll(':', '-')
  return `${camera}-${time}-${number}.${extension}`
}

/** Hands a file to the browser's downloads. */
export function save(name: string, file: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
