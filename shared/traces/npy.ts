/** `\x93NUMPY` */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
/** One header length for every file of ours, a multiple of 64 as the format asks, so samples can be received behind it in place. */
export const NPY_HEADER_BYTES = 128

/** What an NPY file holds, and where its numbers begin. */
export interface NpyLayout {
  type: 'f4' | 'f8'
  littleEndian: boolean
  /** Columns first, as Fortran lays arrays out. */
  fortran: boolean
  shape: number[]
  /** Bytes before the first number. */
  begin: number
}

/** The header of an array of float32, big-endian unless said otherwise (NPY format 1.0, numpy.lib.format). */
export function npyHeader(shape: number | readonly number[], littleEndian = false): Uint8Array<ArrayBuffer> {
  const axes = typeof shape === 'number' ? `${shape},` : shape.join(', ')
  const dict = `{'descr': '${littleEndian ? '<' : '>'}f4', 'fortran_order': False, 'shape': (${axes}), }`
  const head = new Uint8Array(NPY_HEADER_BYTES).fill(0x20)
  head.set(MAGIC)
  head[6] = 1
  head[7] = 0
  new DataView(head.buffer).setUint16(8, NPY_HEADER_BYTES - 10, true)
  head.set(new TextEncoder().encode(dict), 10)
  head[NPY_HEADER_BYTES - 1] = 0x0a
  return head
}

/** Whether these first bytes of a file are those of an NPY file. */
export function isNpy(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.every((byte, i) => head[i] === byte)
}

/**
 * Reads the header from a file's first bytes: format 1.0 to 3.0, float32 or float64, one axis or two. Throws a
 * RangeError that says what is there instead.
 */
export function parseNpyHeader(head: Uint8Array): NpyLayout {
  if (!isNpy(head) || head.length < 12) throw new RangeError('not an NPY file')
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  // From format 2.0 on the length takes four bytes.
  const [length, at] = head[6] === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12]
  const begin = at + length
  if (begin > head.length) throw new RangeError('an NPY file whose header does not end')
  const dict = new TextDecoder('latin1').decode(head.subarray(at, begin))
  const [, order, type] = /'descr':\s*'([<>=|])(\w+)'/.exec(dict) ?? []
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(dict)?.[1]?.match(/\d+/g)?.map(Number) ?? []
  if (type !== 'f4' && type !== 'f8') {
    throw new RangeError(`an NPY file of ${type ?? 'records'}, not of float32 or float64`)
  }
  if (shape.length < 1 || shape.length > 2) {
    throw new RangeError(`an NPY file of ${shape.length} axes, not of one or two`)
  }
  return { type, littleEndian: order !== '>', fortran: /'fortran_order':\s*True/.test(dict), shape, begin }
}

/** The numbers of an NPY file of float32, axis after axis. Throws a RangeError when it is anything else, or cut short. */
export function decodeNpy(file: ArrayBuffer): Float32Array<ArrayBuffer> {
  const { type, littleEndian, fortran, shape, begin } = parseNpyHeader(new Uint8Array(file))
  if (type !== 'f4' || (fortran && shape.length > 1)) throw new RangeError('not an NPY file of float32 rows')
  const points = shape.reduce((all, axis) => all * axis, 1)
  if (file.byteLength !== begin + points * 4) {
    throw new RangeError(`${points} points take ${points * 4} bytes, not ${file.byteLength - begin}`)
  }
  const view = new DataView(file)
  const samples = new Float32Array(points)
  for (let i = 0; i < points; i++) samples[i] = view.getFloat32(begin + i * 4, littleEndian)
  return samples
}
