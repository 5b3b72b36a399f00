import type { BayerPattern, FrameFormat } from '../../frame/frame.ts'

/** How a camera's pixels lie in a buffer, and as what they leave it. */
export interface PixelLayout {
  format: FrameFormat
  bitDepth: number
  /** Bits that a pixel takes in the buffer. */
  bits: number
  /** Undefined where pixels need no unpacking. */
  unpack?: (from: Uint8Array, to: Uint16Array | Uint8Array) => void
}

/** By PFNC name, or the older one of GigE Vision; undefined for what cannot be taken. */
export function pixelLayout(name: string): PixelLayout | undefined {
  if (/^RGB8(Packed)?$/.test(name)) return { format: 'rgb8', bitDepth: 8, bits: 24 }
  if (/^BGR8(Packed)?$/.test(name)) return { format: 'rgb8', bitDepth: 8, bits: 24, unpack: swapRedAndBlue }
  const parts = /^(?:Mono|Bayer(RG|GR|GB|BG))(8|10|12|14|16)(p|Packed)?$/.exec(name)
  if (!parts) return undefined
  const pattern = parts[1] as BayerPattern | undefined
  const bitDepth = Number(parts[2])
  const packing = parts[3]
  const deep = bitDepth > 8 ? 16 : 8
  const format: FrameFormat = pattern ? `bayer${pattern}${deep}` : `mono${deep}`
  if (packing === undefined) return { format, bitDepth, bits: deep }
  const unpack = packing === 'p' ? LSB_PACKED[bitDepth] : GEV_PACKED[bitDepth]
  if (!unpack) return undefined
  return { format, bitDepth, bits: packing === 'p' ? bitDepth : 12, unpack }
}

type Unpack = NonNullable<PixelLayout['unpack']>

/** PFNC's own packing: bits follow each other, the lowest first. */
const LSB_PACKED: Record<number, Unpack> = {
  10: (from, to) => {
    for (let i = 0, at = 0; i + 3 < to.length; i += 4, at += 5) {
      to[i] = from[at]! | ((from[at + 1]! & 0x03) << 8)
      to[i + 1] = (from[at + 1]! >> 2) | ((from[at + 2]! & 0x0f) << 6)
      to[i + 2] = (from[at + 2]! >> 4) | ((from[at + 3]! & 0x3f) << 4)
      to[i + 3] = (from[at + 3]! >> 6) | (from[at + 4]! << 2)
    }
  },
  12: (from, to) => {
    for (let i = 0, at = 0; i + 1 < to.length; i += 2, at += 3) {
      to[i] = from[at]! | ((from[at + 1]! & 0x0f) << 8)
      to[i + 1] = (from[at + 1]! >> 4) | (from[at + 2]! << 4)
    }
  },
}

/** GigE Vision's packing: two pixels in three bytes, their low bits together in the middle one. */
const GEV_PACKED: Record<number, Unpack> = {
  10: (from, to) => {
    for (let i = 0, at = 0; i + 1 < to.length; i += 2, at += 3) {
      to[i] = (from[at]! << 2) | (from[at + 1]! & 0x03)
      to[i + 1] = (from[at + 2]! << 2) | ((from[at + 1]! >> 4) & 0x03)
    }
  },
  12: (from, to) => {
    for (let i = 0, at = 0; i + 1 < to.length; i += 2, at += 3) {
      to[i] = (from[at]! << 4) | (from[at + 1]! & 0x0f)
      to[i + 1] = (from[at + 2]! << 4) | (from[at + 1]! >> 4)
    }
  },
}

function swapRedAndBlue(from: Uint8Array, to: Uint16Array | Uint8Array): void {
  for (let i = 0; i < to.length; i += 3) {
    to[i] = from[i + 2]!
    to[i + 1] = from[i + 1]!
    to[i + 2] = from[i]!
  }
}
