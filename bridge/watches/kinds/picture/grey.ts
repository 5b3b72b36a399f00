import { channelsOf, type FrameHeader, sampleBytes } from '../../../../shared/camera/frame-header.ts'
import type { Grey } from '../../worker/jobs.ts'

/** A frame as 8-bit grey: of colour its luminance (Rec. 601), of a Bayer pattern the mean of each cell. */
export function greyOf(header: FrameHeader, pixels: Uint8Array): Grey {
  const { format, width, height } = header
  const sample = sampler(header, pixels)
  if (format === 'mono') return fill(width, height, (x, y) => sample(x, y))
  if (channelsOf(format) === 3) {
    return fill(
      width,
      height,
      (x, y) => 0.299 * sample(3 * x, y) + 0.587 * sample(3 * x + 1, y) + 0.114 * sample(3 * x + 2, y),
    )
  }
  return fill(Math.max(1, width >> 1), Math.max(1, height >> 1), (x, y) => {
    const [left, top] = [2 * x, 2 * y]
    return (sample(left, top) + sample(left + 1, top) + sample(left, top + 1) + sample(left + 1, top + 1)) / 4
  })
}

function sampler(header: FrameHeader, pixels: Uint8Array): (x: number, y: number) => number {
  const { stride, bitDepth } = header
  if (sampleBytes(header) === 1) {
    const scale = 255 / ((1 << bitDepth) - 1)
    return (x, y) => (pixels[y * stride + x] ?? 0) * scale
  }
  const scale = 255 / ((1 << bitDepth) - 1)
  return (x, y) => {
    const at = y * stride + 2 * x
    return ((pixels[at] ?? 0) | ((pixels[at + 1] ?? 0) << 8)) * scale
  }
}

function fill(width: number, height: number, at: (x: number, y: number) => number): Grey {
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[y * width + x] = Math.round(at(x, y))
  return { width, height, data }
}
