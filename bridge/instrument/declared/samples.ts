import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { BenchError } from '../../../shared/wire/errors.ts'
import type { TraceEntry } from './trace-spec.ts'

/** So many numbers are read from text before others have a turn: some 5 ms. */
const AT_ONCE = 20_000

type BlockFormat = Exclude<TraceEntry['format'], 'ascii'>

const READERS: Record<
  BlockFormat,
  { bytes: number; read: (view: DataView, at: number, little: boolean) => number }
> = {
  real32: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  real64: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  int16: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  uint16: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  int32: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
}

/** Bytes of one sample. */
export function sampleBytes(format: BlockFormat): number {
  return READERS[format].bytes
}

/** Samples as they are kept (big-endian float32, in `into`), each by way of `scale`. */
export function convertBlock(
  block: Uint8Array,
  { format, byteOrder }: { format: BlockFormat; byteOrder: TraceEntry['byteOrder'] },
  scale: (raw: number) => number,
  into: Uint8Array,
): void {
  const { bytes, read } = READERS[format]
  const from = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const to = new DataView(into.buffer, into.byteOffset, into.byteLength)
  const little = byteOrder === 'little'
  const points = block.length / bytes
  for (let i = 0; i < points; i++) to.setFloat32(i * 4, scale(read(from, i * bytes, little)))
}

/** The numbers of a text. Rejects with `scpi.block` at one that is none. */
export async function readNumbers(text: string, separator: string, device: string): Promise<Float64Array> {
  const items = text.trim().split(separator)
  // Some instruments end their list with a separator.
  if (items.at(-1)?.trim() === '') items.pop()
  const numbers = new Float64Array(items.length)
  for (let i = 0; i < items.length; i++) {
    const item = items[i] ?? ''
    const number = Number(item)
    if (item.trim() === '' || Number.isNaN(number)) {
      const message = `${device} sent "${item.trim().slice(0, 40)}" as number ${i + 1} of a trace`
      throw new BenchError('scpi.block', message, { device })
    }
    numbers[i] = number
    if (i % AT_ONCE === AT_ONCE - 1) await yieldToOthers()
  }
  return numbers
}

/** The text behind a block's header that announces its length, such as `#9000001200`. Throws `scpi.block` without one. */
export function behindHeader(text: string, device: string): string {
  const digits = Number(/^#(\d)/.exec(text)?.[1] ?? NaN)
  if (digits > 0) return text.slice(2 + digits)
  const message = `${device} sent "${text.slice(0, 20)}" where a block's header should be`
  throw new BenchError('scpi.block', message, { device })
}
