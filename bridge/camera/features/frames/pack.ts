import type { FrameRequest } from '../../../../shared/camera/frames.ts'
import { channelsOf, type FrameHeader, type PixelFormat } from '../../../../shared/camera/frame-header.ts'
import type { Frame } from '../../frame/frame.ts'

type Shape = Pick<
  FrameHeader,
  | 'sensorWidth'
  | 'sensorHeight'
  | 'x'
  | 'y'
  | 'step'
  | 'width'
  | 'height'
  | 'stride'
  | 'bitDepth'
  | 'format'
  | 'split'
  | 'rawBytes'
>
type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

/** The part of a frame that was asked for, in bytes of its own. */
export interface PackedFrame {
  shape: Shape
  bytes: Uint8Array<ArrayBuffer>
}

function formatOf({ format }: Frame): PixelFormat {
  if (format === 'rgb8') return 'rgb'
  // Of video there is the luma plane: its colour has a quarter of the pixels, and is nothing to measure on.
  return format.startsWith('bayer') ? (format.slice(0, 7) as PixelFormat) : 'mono'
}

/** From where to how far along one side, in whole units of `unit` px; all of it where nothing of the part is there. */
function along(from: number, length: number, all: number, unit: number): { from: number; length: number } {
  const whole = Math.floor(all / unit) * unit
  const begin = Math.floor(from / unit) * unit
  const end = Math.min(whole, Math.ceil((from + length) / unit) * unit)
  return end > begin ? { from: begin, length: end - begin } : { from: 0, length: whole }
}

/**
 * Cuts `region` out of a frame and takes every `step`th pixel of it. Of a Bayer pattern both are counted in whole cells
 * of 2x2, so that it stays the same pattern. With `split`, the lower bytes of two-byte samples come before the upper.
 */
export function packFrame(
  frame: Frame,
  { region, step }: Pick<FrameRequest, 'region' | 'step'>,
  split: boolean,
): PackedFrame {
  const format = formatOf(frame)
  const unit = format.startsWith('bayer') ? 2 : 1
  const channels = channelsOf(format)
  const across = along(region?.x ?? 0, region?.width ?? frame.width, frame.width, unit)
  const down = along(region?.y ?? 0, region?.height ?? frame.height, frame.height, unit)
  const width = Math.ceil(across.length / unit / step) * unit
  const height = Math.ceil(down.length / unit / step) * unit
  const wide = frame.bitDepth > 8
  const row = width * channels
  const samples: Samples = wide ? new Uint16Array(row * height) : new Uint8Array(row * height)
  for (let y = 0; y < height; y++) {
    const from = ((down.from + source(y, unit, step)) * frame.width + across.from) * channels
    copyRow(frame.data, from, samples, y * row, { pixels: width, channels, unit, step })
  }
  const rawBytes = samples.byteLength
  return {
    shape: {
      sensorWidth: frame.width,
      sensorHeight: frame.height,
      x: across.from,
      y: down.from,
      step,
      width,
      height,
      stride: rawBytes / height,
      bitDepth: frame.bitDepth,
      format,
      split: wide && split,
      rawBytes,
    },
    bytes: wide && split ? splitBytes(samples) : new Uint8Array(samples.buffer),
  }
}

/** The pixel of the whole frame that the `i`th of every `step`th unit is. */
function source(i: number, unit: number, step: number): number {
  const within = i % unit
  return (i - within) * step + within
}

function copyRow(
  from: Uint8Array | Uint16Array,
  begin: number,
  to: Samples,
  at: number,
  { pixels, channels, unit, step }: { pixels: number; channels: number; unit: number; step: number },
): void {
  if (step === 1) {
    to.set(from.subarray(begin, begin + pixels * channels), at)
    return
  }
  for (let x = 0; x < pixels; x++) {
    const place = begin + source(x, unit, step) * channels
    for (let channel = 0; channel < channels; channel++) to[at++] = from[place + channel]!
  }
}

function splitBytes(samples: Samples): Uint8Array<ArrayBuffer> {
  const count = samples.length
  const bytes = new Uint8Array(count * 2)
  for (let i = 0; i < count; i++) {
    const sample = samples[i]!
    bytes[i] = sample
    bytes[count + i] = sample >> 8
  }
  return bytes
}
