import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { BenchError } from '../../../../shared/wire/errors.ts'
import type { Grey, JobInput, JobOutput } from '../../worker/jobs.ts'

const FIRST_CHUNK = 8

/** How large a PNG is, from its header (PNG, third edition, section 11.2.1). */
export function dimensions({ file }: JobInput<'dimensions'>): JobOutput<'dimensions'> {
  const bytes = readFileSync(file)
  return { width: bytes.readUInt32BE(FIRST_CHUNK + 8), height: bytes.readUInt32BE(FIRST_CHUNK + 12) }
}

/** Where two pictures of one watch differ by more than `by` of full scale: the rectangle around it, and the share of its pixels. */
export function changedRegion({ before, after, by }: JobInput<'changedRegion'>): JobOutput<'changedRegion'> {
  const [old, now] = [readGrey(before), readGrey(after)]
  const { width, height } = now
  if (old.width !== width || old.height !== height) return { width, height }
  let [left, top, right, bottom, count] = [width, height, -1, -1, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      if (Math.abs(now.data[i]! - old.data[i]!) <= by * 255) continue
      count++
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  const share = count / (width * height)
  if (count === 0) return { width, height, share }
  return {
    width,
    height,
    share,
    changed: { x: left, y: top, width: right - left + 1, height: bottom - top + 1 },
  }
}

/** The picture in a file; undefined where somebody has deleted it, or put another there. */
export function tryReadGrey(file: string): Grey | undefined {
  try {
    return readGrey(file)
  } catch {
    return undefined
  }
}

/** A grey PNG of 8 bits whose rows are not filtered: one that the watches have written themselves. */
function readGrey(file: string): Grey {
  const bytes = readFileSync(file)
  const width = bytes.readUInt32BE(FIRST_CHUNK + 8)
  const height = bytes.readUInt32BE(FIRST_CHUNK + 12)
  const parts: Buffer[] = []
  for (let at = FIRST_CHUNK; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  const lines = inflateSync(Buffer.concat(parts), { maxOutputLength: (width + 1) * height })
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const begin = y * (width + 1)
    if (lines[begin] !== 0) throw new BenchError('watch.failed', 'this picture was not written by a watch')
    data.set(lines.subarray(begin + 1, begin + 1 + width), y * width)
  }
  return { width, height, data }
}
