import { Decompress } from 'fzstd'

/** Bytes of lz4's own length in front of its block. */
const LENGTH_BYTES = 4
/** From this length on, the browser's own copying beats a loop. */
const LONG = 32

/**
 * An lz4 block (lz4_Block_format.md) behind its length, into `length` bytes. Not through WebAssembly, which the page's
 * security policy keeps out; 2.6 MB take some 4 ms. Throws a RangeError when the bytes are not that.
 */
export function lz4Decompress(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length)
  const end = bytes.length
  let from = LENGTH_BYTES
  let to = 0
  const wrong = (): never => {
    throw new RangeError(`lz4: not a block of ${length} bytes, at byte ${from} of ${end}`)
  }
  const more = (short: number): number => {
    if (short < 15) return short
    let total = short
    let byte: number
    do {
      if (from >= end) wrong()
      byte = bytes[from++]!
      total += byte
    } while (byte === 255)
    return total
  }
  while (from < end) {
    const token = bytes[from++]!
    const literals = more(token >> 4)
    if (from + literals > end || to + literals > length) wrong()
    if (literals > LONG) out.set(bytes.subarray(from, from + literals), to)
    else for (let i = 0; i < literals; i++) out[to + i] = bytes[from + i]!
    from += literals
    to += literals
    // The last sequence has literals only.
    if (from === end) break
    if (from + 2 > end) wrong()
    const distance = bytes[from]! | (bytes[from + 1]! << 8)
    from += 2
    const match = more(token & 15) + 4
    if (distance === 0 || distance > to || to + match > length) wrong()
    if (match > LONG && distance >= match) out.copyWithin(to, to - distance, to - distance + match)
    // Byte by byte where the match runs into what it writes: that is how runs are coded.
    else for (let i = to; i < to + match; i++) out[i] = out[i - distance]!
    to += match
  }
  if (to !== length) wrong()
  return out
}

/** A zstd frame (RFC 8878) of `length` bytes. Throws a RangeError when the bytes are not that. */
export function zstdDecompress(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length)
  let to = 0
  // Block by block, so that bytes which claim to be more than was said are found out before there is room for them.
  const decompress = new Decompress((chunk) => {
    if (to + chunk.length > length) throw new RangeError(`zstd: more than the ${length} bytes that were said`)
    out.set(chunk, to)
    to += chunk.length
  })
  try {
    decompress.push(bytes, true)
  } catch (error) {
    if (error instanceof RangeError) throw error
    throw new RangeError(`zstd: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (to !== length) throw new RangeError(`zstd: ${to} bytes, not the ${length} that were said`)
  return out
}
