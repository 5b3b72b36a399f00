/** The requests of linux/videodev2.h that are used here: direction, size, the letter V, number. */
export const REQUEST = {
  enumFormats: 0xc0405602,
  getControl: 0xc008561b,
  setControl: 0xc008561c,
  queryControl: 0xc0445624,
  queryMenu: 0xc02c5625,
  enumIntervals: 0xc034564b,
} as const

const CAPTURE = 1
/** In place of an id: the control that comes after it. */
const NEXT = 0x8000_0000
const DISCRETE = 1

/** Linux' controls are in the order of the machine's bytes, and every machine that runs this is little-endian. */
function writing(bytes: number, words: Record<number, number>): Uint8Array {
  const struct = new Uint8Array(bytes)
  const at = new DataView(struct.buffer)
  for (const [offset, word] of Object.entries(words)) at.setUint32(Number(offset), word, true)
  return struct
}

function reading(struct: Uint8Array): DataView {
  return new DataView(struct.buffer, struct.byteOffset, struct.byteLength)
}

/** A text of fixed length, up to its first zero. */
function text(struct: Uint8Array, offset: number, length: number): string {
  const bytes = struct.subarray(offset, offset + length)
  const end = bytes.indexOf(0)
  return new TextDecoder('latin1').decode(end < 0 ? bytes : bytes.subarray(0, end))
}

const TYPES = { 1: 'integer', 2: 'switch', 3: 'menu', 4: 'button', 9: 'menu' } as const
const FLAGS = { disabled: 0x01, grabbed: 0x02, readOnly: 0x04, inactive: 0x10, writeOnly: 0x40 } as const

/** struct v4l2_queryctrl, as far as it is of use. */
export interface ControlInfo {
  id: number
  /** Undefined for what no person turns: titles, and values of many parts. */
  type: 'integer' | 'switch' | 'menu' | 'button' | undefined
  name: string
  min: number
  max: number
  step: number
  flags: { [F in keyof typeof FLAGS]: boolean }
}

/** Asks for the control that follows `id`; 0 for the first. */
export function askNextControl(id: number): Uint8Array {
  return writing(68, { 0: (id | NEXT) >>> 0 })
}

export function readControl(struct: Uint8Array): ControlInfo {
  const at = reading(struct)
  const flags = at.getUint32(56, true)
  const is = Object.entries(FLAGS).map(([name, bit]) => [name, (flags & bit) !== 0])
  return {
    id: at.getUint32(0, true),
    type: (TYPES as Record<number, ControlInfo['type']>)[at.getUint32(4, true)],
    name: text(struct, 8, 32),
    min: at.getInt32(40, true),
    max: at.getInt32(44, true),
    step: at.getInt32(48, true),
    flags: Object.fromEntries(is) as ControlInfo['flags'],
  }
}

/** struct v4l2_control: a value, or the place for one. */
export function control(id: number, value = 0): Uint8Array {
  return writing(8, { 0: id, 4: value })
}

export function readValue(struct: Uint8Array): number {
  return reading(struct).getInt32(4, true)
}

/** struct v4l2_querymenu, which is packed. */
export function askMenu(id: number, index: number): Uint8Array {
  return writing(44, { 0: id, 4: index })
}

export function readMenu(struct: Uint8Array): string {
  return text(struct, 8, 32)
}

/** struct v4l2_fmtdesc, for video that is captured. */
export function askFormat(index: number): Uint8Array {
  return writing(64, { 0: index, 4: CAPTURE })
}

/** Four letters, such as YUYV or MJPG, and what the driver says to it. */
export function readFormat(struct: Uint8Array): { fourcc: string; description: string } {
  return { fourcc: text(struct, 44, 4), description: text(struct, 12, 32) }
}

function fourccOf(name: string): number {
  return [0, 1, 2, 3].reduce((word, i) => word + name.charCodeAt(i) * 2 ** (8 * i), 0)
}

/** struct v4l2_frmivalenum. */
export function askInterval(fourcc: string, width: number, height: number, index: number): Uint8Array {
  return writing(52, { 0: index, 4: fourccOf(fourcc), 8: width, 12: height })
}

/** Pictures a second: one rate, or the slowest and the quickest of a range. */
export function readRates(struct: Uint8Array): number[] {
  const at = reading(struct)
  const rate = (offset: number): number =>
    Math.round((at.getUint32(offset + 4, true) / at.getUint32(offset, true)) * 1000) / 1000
  return at.getUint32(16, true) === DISCRETE ? [rate(20)] : [rate(28), rate(20)]
}
