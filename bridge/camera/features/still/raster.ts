import type { Frame } from '../../frame/frame.ts'

/** Pixels as image files take them: row by row, no padding, samples of a pixel side by side. */
export interface Raster {
  width: number
  height: number
  /** 1 for grey, and for a colour sensor's mosaic as it is; 3 for red, green, blue. */
  samples: 1 | 3
  data: Uint8Array | Uint16Array
  /** The largest value that a pixel can have. */
  most: number
}

/** The frame's own values, neither scaled nor shifted; only video, which has no pixels of its own, is turned into RGB. */
export function rasterOf(frame: Frame): Raster {
  const { width, height, bitDepth, data } = frame
  if (frame.format === 'i420') {
    const rgb = rgbOf(data as Uint8Array, width, height)
    return { width, height, samples: 3, data: rgb, most: 255 }
  }
  const samples = data.length >= width * height * 3 ? 3 : 1
  return { width, height, samples, data: data.subarray(0, width * height * samples), most: 2 ** bitDepth - 1 }
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value)

/** Full-range RGB of limited-range I420 (ITU-R BT.601). */
function rgbOf(i420: Uint8Array, width: number, height: number): Uint8Array {
  const rgb = new Uint8Array(width * height * 3)
  const uAt = width * height
  const vAt = uAt + (width / 2) * (height / 2)
  for (let y = 0, to = 0; y < height; y++) {
    const chroma = (y >> 1) * (width / 2)
    for (let x = 0; x < width; x++, to += 3) {
      const luma = (i420[y * width + x]! - 16) * 1.164_384
      const u = i420[uAt + chroma + (x >> 1)]! - 128
      const v = i420[vAt + chroma + (x >> 1)]! - 128
      rgb[to] = clamp(Math.round(luma + 1.596_027 * v))
      rgb[to + 1] = clamp(Math.round(luma - 0.391_762 * u - 0.812_968 * v))
      rgb[to + 2] = clamp(Math.round(luma + 2.017_232 * u))
    }
  }
  return rgb
}
