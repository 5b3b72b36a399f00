import { drawTimeCode, TIME_CODE_MIN } from '../../../shared/camera/timecode.ts'
import { epochMsOf } from '../../core/clock.ts'
import { bayerToI420, rgbToI420 } from './colour.ts'

/**
 * How pixels lie in a frame: those with more than 8 bits as whole 16-bit numbers of which the lower `bitDepth` mean
 * something. A Bayer pattern is named by its first four pixels, rows from the top: bayerRG8 begins red, green.
 */
export type FrameFormat = 'mono8' | 'mono12' | 'mono16' | `bayer${BayerPattern}${8 | 16}` | 'rgb8' | 'i420'

export type BayerPattern = 'RG' | 'GR' | 'GB' | 'BG'

/** One picture as the camera made it. `madeAt` is when it was complete, ms of the monotonic clock. */
export interface Frame {
  width: number
  height: number
  /** Bits a pixel that mean something: 12 of the 16 that mono12 is stored in. */
  bitDepth: number
  format: FrameFormat
  data: Uint8Array | Uint16Array
  madeAt: number
  number: number
  /** The camera's own clock, which began when the camera likes. */
  deviceTimestampNs?: bigint
  /** The camera's own count; what is missing in it was lost on the way. */
  deviceFrame?: bigint
  exposureMs?: number
  gainDb?: number
}

/** A frame as encoders take it: planar 4:2:0, luma then both chroma planes, no padding, limited range (BT.601). */
export interface Picture {
  width: number
  height: number
  i420: Uint8Array<ArrayBuffer>
  madeAt: number
}

/** Bytes of an I420 picture. */
export function i420Bytes(width: number, height: number): number {
  return (width * height * 3) / 2
}

// Decoders take 16 for black and 235 for white unless told otherwise, and VP8 has no way to tell them.
const LIMITED_FROM_12 = Uint8Array.from({ length: 4096 }, (_, value) => 16 + Math.round((value * 219) / 4095))

/**
 * Writes the frame into `i420` (i420Bytes long), with the time code drawn in if it is wanted and fits.
 * Monochrome leaves the chroma planes alone: the caller keeps them at 128.
 */
export function toI420(frame: Frame, i420: Uint8Array, timeCode: boolean): void {
  const { data, width, height } = frame
  const pixels = width * height
  if (frame.format === 'i420') i420.set(data)
  else if (frame.format === 'rgb8') rgbToI420(data, width, height, i420)
  else if (frame.format.startsWith('bayer')) {
    const pattern = frame.format.slice(5, 7) as BayerPattern
    bayerToI420(data, { width, height, bitDepth: frame.bitDepth, pattern }, i420)
  } else {
    const shift = 12 - frame.bitDepth
    if (shift >= 0) for (let i = 0; i < pixels; i++) i420[i] = LIMITED_FROM_12[data[i]! << shift]!
    else for (let i = 0; i < pixels; i++) i420[i] = LIMITED_FROM_12[data[i]! >> -shift]!
  }
  if (!timeCode || width < TIME_CODE_MIN.width || height < TIME_CODE_MIN.height) return
  drawTimeCode(i420.subarray(0, pixels), width, epochMsOf(frame.madeAt))
}
