import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { compress as lz4 } from 'lz4-napi'
import type { FrameRequest } from '../../../../shared/camera/frames.ts'

const zstd = promisify(zstdCompress)

/**
 * The bytes compressed, on a thread of libuv's. lz4 is one block behind its length before compression (u32,
 * little-endian), which is what python-lz4's `lz4.block` reads; zstd is one frame.
 */
export function compress(
  bytes: Uint8Array<ArrayBuffer>,
  { compression, level }: Pick<FrameRequest, 'compression' | 'level'>,
): Promise<Uint8Array> {
  if (compression === 'none') return Promise.resolve(bytes)
  if (compression === 'lz4') return lz4(bytes)
  return zstd(bytes, {
    pledgedSrcSize: bytes.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  })
}
