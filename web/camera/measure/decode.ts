import { channelsOf, type FrameHeader, sampleBytes } from '../../../shared/camera/frame-header.ts'
import { lz4Decompress, zstdDecompress } from './decompress.ts'

export type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

/** A frame as it is measured on: whole samples, row by row, nothing between the rows. */
export interface Picture {
  header: FrameHeader
  samples: Samples
}

/** The samples of a frame from the bytes that came. Throws a RangeError when these are not what the header says. */
export function decodePicture(header: FrameHeader, body: Uint8Array<ArrayBuffer>): Picture {
  const { compression, rawBytes, bodyBytes, split } = header
  if (body.length !== bodyBytes) {
    throw new RangeError(`a frame of ${bodyBytes} bytes came with ${body.length}`)
  }
  const raw =
    compression === 'none'
      ? body
      : compression === 'lz4'
        ? lz4Decompress(body, rawBytes)
        : zstdDecompress(body, rawBytes)
  return { header, samples: withoutGaps(header, split ? join(raw) : raw) }
}

function join(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const count = bytes.length / 2
  const samples = new Uint16Array(count)
  for (let i = 0; i < count; i++) samples[i] = bytes[i]! | (bytes[count + i]! << 8)
  return new Uint8Array(samples.buffer)
}

function withoutGaps(header: FrameHeader, bytes: Uint8Array<ArrayBuffer>): Samples {
  const { width, height, stride, format } = header
  const row = width * channelsOf(format) * sampleBytes(header)
  // A view of two-byte samples begins at an even byte; what came in pieces of something larger need not.
  const inPlace = stride === row && bytes.byteOffset % 2 === 0
  const tight = inPlace ? bytes : new Uint8Array(row * height)
  if (!inPlace) {
    for (let y = 0; y < height; y++) tight.set(bytes.subarray(y * stride, y * stride + row), y * row)
  }
  return sampleBytes(header) === 2
    ? new Uint16Array(tight.buffer, tight.byteOffset, (row * height) / 2)
    : tight
}

/** One number a pixel: the samples themselves, and of colours their luminance (BT.601), which is what is measured. */
export function greyOf({ header, samples }: Picture): Samples {
  if (header.format !== 'rgb') return samples
  const pixels = header.width * header.height
  const grey = sampleBytes(header) === 2 ? new Uint16Array(pixels) : new Uint8Array(pixels)
  for (let i = 0; i < pixels; i++) {
    const at = i * 3
    grey[i] = (samples[at]! * 299 + samples[at + 1]! * 587 + samples[at + 2]! * 114 + 500) / 1000
  }
  return grey
}
