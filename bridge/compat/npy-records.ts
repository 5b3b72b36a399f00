const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const HEADER_BYTES = 128

/** Two float64. */
export const RECORD_BYTES = 16

/** The header of an NPY file of records `wavelengths` and `values` (NPY format 1.0, numpy.lib.format). */
export function recordHeader(records: number): Uint8Array<ArrayBuffer> {
  const dict = `{'descr': [('wavelengths', '<f8'), ('values', '<f8')], 'fortran_order': False, 'shape': (${records},), }`
  const head = new Uint8Array(HEADER_BYTES).fill(0x20)
  head.set(MAGIC)
  head.set([1, 0], MAGIC.length)
  new DataView(head.buffer).setUint16(8, HEADER_BYTES - 10, true)
  head.set(new TextEncoder().encode(dict), 10)
  head[HEADER_BYTES - 1] = 0x0a
  return head
}

/** So many records, each as `record` gives it. */
export function recordBytes(
  count: number,
  record: (i: number) => [wavelength: number, value: number],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < count; i++) {
    const [wavelength, value] = record(i)
    view.setFloat64(i * RECORD_BYTES, wavelength, true)
    view.setFloat64(i * RECORD_BYTES + 8, value, true)
  }
  return bytes
}
