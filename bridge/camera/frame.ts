import { drawTimeCode, TIME_CODE_MIN } from '../../shared/timecode.ts'

/** One picture as the camera made it. `madeAt` is in ms since the epoch, taken when the picture was complete. */
export interface Frame {
  width: number
  height: number
  /** Bits a pixel that mean something: 12 of the 16 that mono12 is stored in. */
  bitDepth: number
  format: 'mono12' | 'mono8' | 'i420'
  data: Uint8Array | Uint16Array
  madeAt: number
  number: number
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
  else if (frame.format === 'mono12') for (let i = 0; i < pixels; i++) i420[i] = LIMITED_FROM_12[data[i]!]!
  else for (let i = 0; i < pixels; i++) i420[i] = LIMITED_FROM_12[data[i]! << 4]!
  if (!timeCode || width < TIME_CODE_MIN.width || height < TIME_CODE_MIN.height) return
  drawTimeCode(i420.subarray(0, pixels), width, frame.madeAt)
}
