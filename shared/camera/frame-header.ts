/** What a pixel is. A Bayer pattern is named by the first four pixels of what was sent, rows from the top: bayerRG begins red, green. */
export const PIXEL_FORMATS = ['mono', 'bayerRG', 'bayerGR', 'bayerGB', 'bayerBG', 'rgb'] as const
export type PixelFormat = (typeof PIXEL_FORMATS)[number]

export const FRAME_COMPRESSIONS = ['none', 'lz4', 'zstd'] as const
export type FrameCompression = (typeof FRAME_COMPRESSIONS)[number]

/**
 * Where a captured frame can end that a viewer does not get: it asked for fewer a second; nobody who wants it so had
 * credit; the last one was still being packed; a newer one replaced it before this viewer had credit; this viewer's
 * link was stuck.
 */
export const DROP_STAGES = ['throttled', 'credit', 'packing', 'replaced', 'link'] as const
export type DropStage = (typeof DROP_STAGES)[number]
export type FrameDrops = Record<DropStage, number>

/** What is known of one frame, and how its pixels lie in the bytes that follow. */
export interface FrameHeader {
  /** Rises by one a packet; the acknowledgement names it. */
  seq: number
  /** The camera's count, from 0 when its process began. */
  number: number
  /** ms since the epoch. */
  madeAt: number
  /** The camera's own clock, which began when the camera likes. */
  deviceTimestampNs?: bigint | undefined
  exposureMs?: number | undefined
  gainDb?: number | undefined
  /** A side of one of the sensor's pixels as seen at the object. */
  pixelSizeNm?: number | undefined
  /** The whole frame, px: what `x` and `y` count in. */
  sensorWidth: number
  sensorHeight: number
  /** Where what was sent begins in the whole frame. */
  x: number
  y: number
  /** Of so many pixels each way, or of so many Bayer cells, the first was sent. */
  step: number
  /** What was sent, px. */
  width: number
  height: number
  /** Bytes from one row to the next. */
  stride: number
  /** Bits of a sample that mean something. A sample of more than 8 takes two bytes, the lower first. */
  bitDepth: number
  format: PixelFormat
  compression: FrameCompression
  /** Of two-byte samples, all lower bytes were put before all upper ones, which compresses far better. */
  split: boolean
  /** Bytes before they were compressed: stride x height. */
  rawBytes: number
  /** Bytes as they were sent. */
  bodyBytes: number
  /** Frames that this viewer was not sent, since it opened, by where they ended. */
  drops: FrameDrops
}

export const FRAME_HEADER_BYTES = 128
const KIND = 2
const MOST_SIDE = 2 ** 15
/** The largest sensors there are have some 150 megapixels. */
const MOST_RAW_BYTES = 2 ** 29
const DROPS_AT = 96
const NO_TIMESTAMP = 0n

/** Bytes of one sample. */
export function sampleBytes({ bitDepth }: Pick<FrameHeader, 'bitDepth'>): 1 | 2 {
  return bitDepth > 8 ? 2 : 1
}

/** Samples of one pixel. */
export function channelsOf(format: PixelFormat): 1 | 3 {
  return format === 'rgb' ? 3 : 1
}

/**
 * Layout, little-endian: u8 kind (2 frame), u8 pixel format, u8 compression, u8 bits, u32 seq, f64 number, f64 madeAt,
 * u64 device timestamp (0 none), f64 exposure, f64 gain, f64 pixel size (NaN none), then u32 each: whole width, whole
 * height, x, y, width, height, stride, raw bytes, body bytes; u16 step, u8 split, u8 reserved; u32 each: drops by
 * stage; the rest is 0. Throws a RangeError when the numbers contradict each other.
 */
export function encodeFrameHeader(header: FrameHeader): Uint8Array<ArrayBuffer> {
  check(header)
  const bytes = new Uint8Array(FRAME_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, KIND)
  view.setUint8(1, PIXEL_FORMATS.indexOf(header.format))
  view.setUint8(2, FRAME_COMPRESSIONS.indexOf(header.compression))
  view.setUint8(3, header.bitDepth)
  view.setUint32(4, header.seq, true)
  view.setFloat64(8, header.number, true)
  view.setFloat64(16, header.madeAt, true)
  view.setBigUint64(24, header.deviceTimestampNs ?? NO_TIMESTAMP, true)
  view.setFloat64(32, header.exposureMs ?? NaN, true)
  view.setFloat64(40, header.gainDb ?? NaN, true)
  view.setFloat64(48, header.pixelSizeNm ?? NaN, true)
  lengths(header).forEach((length, i) => view.setUint32(56 + i * 4, length, true))
  view.setUint16(92, header.step, true)
  view.setUint8(94, header.split ? 1 : 0)
  DROP_STAGES.forEach((stage, i) => view.setUint32(DROPS_AT + i * 4, header.drops[stage], true))
  return bytes
}

/** The header in `bytes`. Throws a RangeError that says what is wrong when there is none. */
export function decodeFrameHeader(bytes: ArrayBuffer | Uint8Array): FrameHeader {
  const view =
    bytes instanceof ArrayBuffer
      ? new DataView(bytes)
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.byteLength !== FRAME_HEADER_BYTES) {
    throw new RangeError(`the header of a frame takes ${FRAME_HEADER_BYTES} bytes, not ${view.byteLength}`)
  }
  if (view.getUint8(0) !== KIND) throw new RangeError(`packet kind ${view.getUint8(0)} is not a frame`)
  const length = (i: number): number => view.getUint32(56 + i * 4, true)
  const timestamp = view.getBigUint64(24, true)
  const header: FrameHeader = {
    seq: view.getUint32(4, true),
    number: view.getFloat64(8, true),
    madeAt: view.getFloat64(16, true),
    deviceTimestampNs: timestamp === NO_TIMESTAMP ? undefined : timestamp,
    exposureMs: known(view.getFloat64(32, true)),
    gainDb: known(view.getFloat64(40, true)),
    pixelSizeNm: known(view.getFloat64(48, true)),
    sensorWidth: length(0),
    sensorHeight: length(1),
    x: length(2),
    y: length(3),
    width: length(4),
    height: length(5),
    stride: length(6),
    rawBytes: length(7),
    bodyBytes: length(8),
    step: view.getUint16(92, true),
    split: view.getUint8(94) === 1,
    bitDepth: view.getUint8(3),
    format: named(PIXEL_FORMATS, view.getUint8(1), 'pixel format'),
    compression: named(FRAME_COMPRESSIONS, view.getUint8(2), 'compression'),
    drops: Object.fromEntries(
      DROP_STAGES.map((stage, i) => [stage, view.getUint32(DROPS_AT + i * 4, true)]),
    ) as FrameDrops,
  }
  check(header)
  return header
}

function lengths(header: FrameHeader): number[] {
  const { sensorWidth, sensorHeight, x, y, width, height, stride, rawBytes, bodyBytes } = header
  return [sensorWidth, sensorHeight, x, y, width, height, stride, rawBytes, bodyBytes]
}

function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

function named<T>(names: readonly T[], index: number, what: string): T {
  const name = names[index]
  if (name === undefined) throw new RangeError(`${what} ${index} is none of ${names.join(', ')}`)
  return name
}

function check(header: FrameHeader): void {
  const { sensorWidth, sensorHeight, x, y, step, width, height, stride, bitDepth, rawBytes, bodyBytes } =
    header
  const wrong = (what: string): never => {
    throw new RangeError(`a frame ${what}`)
  }
  if (!(bitDepth >= 1 && bitDepth <= 16)) wrong(`of ${bitDepth} bits a sample, not 1 to 16`)
  for (const side of [sensorWidth, sensorHeight, width, height]) {
    if (!(side >= 1 && side <= MOST_SIDE)) wrong(`with a side of ${side} px, not 1 to ${MOST_SIDE}`)
  }
  if (!(step >= 1 && step <= MOST_SIDE)) wrong(`of every ${step}th pixel`)
  if (x + width > sensorWidth || y + height > sensorHeight) {
    wrong(
      `of ${width}x${height} at ${x}, ${y} that reaches beyond the ${sensorWidth}x${sensorHeight} of its sensor`,
    )
  }
  const row = width * channelsOf(header.format) * sampleBytes(header)
  if (stride < row) wrong(`whose rows are ${stride} bytes apart and ${row} long`)
  if (rawBytes !== stride * height) wrong(`of ${height} rows of ${stride} bytes is not ${rawBytes} bytes`)
  if (rawBytes > MOST_RAW_BYTES) wrong(`of ${rawBytes} bytes, more than the ${MOST_RAW_BYTES} there may be`)
  // What does not compress grows a little: lz4 by 0.4 %.
  if (bodyBytes > rawBytes + rawBytes / 64 + 1024)
    wrong(`of ${rawBytes} bytes that were sent as ${bodyBytes}`)
  if (header.compression === 'none' && bodyBytes !== rawBytes)
    wrong(`of ${rawBytes} bytes is not ${bodyBytes} bytes`)
  if (!Number.isFinite(header.number) || !Number.isFinite(header.madeAt)) wrong('without number or time')
}
