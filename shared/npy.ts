/** `\x93NUMPY` */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
/** One header length for every file of ours, a multiple of 64 as the format asks, so samples can be received behind it in place. */
export const NPY_HEADER_BYTES = 128

/** The header of a one-axis array of `points` big-endian float32 (NPY format 1.0, numpy.lib.format). */
export function npyHeader(points: number): Uint8Array<ArrayBuffer> {
  const dict = `{'descr': '>f4', 'fortran_order': False, 'shape': (${points},), }`
  const head = new Uint8Array(NPY_HEADER_BYTES).fill(0x20)
  head.set(MAGIC)
  head[6] = 1
  head[7] = 0
  new DataView(head.buffer).setUint16(8, NPY_HEADER_BYTES - 10, true)
  head.set(new TextEncoder().encode(dict), 10)
  head[NPY_HEADER_BYTES - 1] = 0x0a
  return head
}

/** The samples of an NPY file that npyHeader began. Throws a RangeError when it is anything else. */
export function decodeNpy(file: ArrayBuffer): Float32Array {
  const view = new DataView(file)
  const head = new Uint8Array(file, 0, Math.min(file.byteLength, NPY_HEADER_BYTES))
  const text = new TextDecoder('latin1').decode(head)
  const shape = /'descr': '>f4'.*'shape': \((\d+),\)/.exec(text)
  if (!shape || MAGIC.some((byte, i) => head[i] !== byte))
    throw new RangeError('not an NPY file of big-endian float32 on one axis')
  const points = Number(shape[1])
  const begin = 10 + view.getUint16(8, true)
  if (view.byteLength !== begin + points * 4) {
    throw new RangeError(`${points} points take ${points * 4} bytes, not ${view.byteLength - begin}`)
  }
  const samples = new Float32Array(points)
  for (let i = 0; i < points; i++) samples[i] = view.getFloat32(begin + i * 4, false)
  return samples
}
