/** The most values in one row of samples, and the most rows in a packet: what a decoder need ever allocate for. */
const MAX_COLUMNS = 64
const MAX_ROWS = 10_000

const SAMPLES = 1
const HEADER_BYTES = 16

/** Rows of samples with their times (ms since the epoch). Several rows at once only in the backlog that begins a stream. */
export interface SamplePacket {
  /** Rises by one a packet; the acknowledgement names it. */
  seq: number
  /** Packets that this subscriber was not sent because it had not acknowledged earlier ones, in all. */
  dropped: number
  columns: number
  times: Float64Array
  /** Row by row: times.length * columns values; NaN where there was none. */
  values: Float32Array
}

/**
 * Layout, little-endian: u8 kind (1 samples), u8 columns, u16 rows, u32 seq, u32 dropped, u32 reserved,
 * f64 time per row, f32 per value.
 */
export function encodeSamples(packet: SamplePacket): Uint8Array<ArrayBuffer> {
  const rows = packet.times.length
  if (packet.columns > MAX_COLUMNS || rows > MAX_ROWS || packet.values.length !== rows * packet.columns) {
    throw new RangeError(`a packet of ${rows} rows by ${packet.columns} with ${packet.values.length} values`)
  }
  const bytes = new Uint8Array(HEADER_BYTES + rows * 8 + packet.values.length * 4)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, SAMPLES)
  view.setUint8(1, packet.columns)
  view.setUint16(2, rows, true)
  view.setUint32(4, packet.seq, true)
  view.setUint32(8, packet.dropped, true)
  packet.times.forEach((time, row) => view.setFloat64(HEADER_BYTES + row * 8, time, true))
  const valuesAt = HEADER_BYTES + rows * 8
  packet.values.forEach((value, i) => view.setFloat32(valuesAt + i * 4, value, true))
  return bytes
}

/** The packet in `bytes`. Throws a RangeError that says what is wrong when the bytes are not one. */
export function decodeSamples(bytes: ArrayBuffer | Uint8Array): SamplePacket {
  const view =
    bytes instanceof ArrayBuffer
      ? new DataView(bytes)
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength < HEADER_BYTES)
    throw new RangeError(`a packet of ${view.byteLength} bytes has no header`)
  if (view.getUint8(0) !== SAMPLES) throw new RangeError(`packet kind ${view.getUint8(0)} is not samples`)
  const columns = view.getUint8(1)
  const rows = view.getUint16(2, true)
  const valuesAt = HEADER_BYTES + rows * 8
  const expected = valuesAt + rows * columns * 4
  if (view.byteLength !== expected) {
    throw new RangeError(`${rows} rows by ${columns} take ${expected} bytes, not ${view.byteLength}`)
  }
  const times = Float64Array.from({ length: rows }, (_, row) => view.getFloat64(HEADER_BYTES + row * 8, true))
  const values = Float32Array.from({ length: rows * columns }, (_, i) =>
    view.getFloat32(valuesAt + i * 4, true),
  )
  return { seq: view.getUint32(4, true), dropped: view.getUint32(8, true), columns, times, values }
}

/** The live powers of an instrument, one column a channel; of its further detector modules by their slot. */
export function powerStream(device: string, module?: number): string {
  return module === undefined ? `power/${device}` : `power/${device}/${module}`
}

/**
 * The readings of a declared instrument, one column each (`column` in its topic). NaN where a row does not have a
 * reading, Infinity where the instrument was asked and had no number.
 */
export function readingsStream(device: string): string {
  return `readings/${device}`
}
