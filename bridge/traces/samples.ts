import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { endianness } from 'node:os'
import { NPY_HEADER_BYTES } from '../../shared/traces/npy.ts'

const swapped = endianness() === 'LE'
/** Samples that are looked at in one go where all of them are. */
const CHUNK = 1 << 18

/** Samples [from, to) of a kept NPY file, whose bytes are big-endian. Throws a RangeError when the file ends before. */
export async function readSamples(
  file: string,
  from: number,
  to: number,
): Promise<Float32Array<ArrayBuffer>> {
  const handle = await open(file, 'r')
  try {
    return fromBigEndian(await readBytes(handle, NPY_HEADER_BYTES + from * 4, (to - from) * 4))
  } finally {
    await handle.close()
  }
}

/** `length` bytes of a file. Throws a RangeError when it ends before. */
export async function readBytes(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  const { bytesRead } = await handle.read(bytes, 0, length, position)
  if (bytesRead < length) throw new RangeError(`the file ends ${length - bytesRead} bytes too early`)
  return bytes
}

/** All samples, a chunk after the other; for worker threads, which may wait for the disk. */
export function* sampleChunks(file: string): Generator<{ from: number; samples: Float32Array<ArrayBuffer> }> {
  const fd = openSync(file, 'r')
  try {
    const points = (fstatSync(fd).size - NPY_HEADER_BYTES) / 4
    for (let from = 0; from < points; from += CHUNK) {
      const bytes = new Uint8Array(Math.min(CHUNK, points - from) * 4)
      readSync(fd, bytes, 0, bytes.length, NPY_HEADER_BYTES + from * 4)
      yield { from, samples: fromBigEndian(bytes) }
    }
  } finally {
    closeSync(fd)
  }
}

/** Samples [from, to) at once; for worker threads. */
export function loadSamples(file: string, from: number, to: number): Float32Array<ArrayBuffer> {
  const fd = openSync(file, 'r')
  try {
    const bytes = new Uint8Array((to - from) * 4)
    readSync(fd, bytes, 0, bytes.length, NPY_HEADER_BYTES + from * 4)
    return fromBigEndian(bytes)
  } finally {
    closeSync(fd)
  }
}

/** The other way round: what is written into a kept file. Changes the samples it is given. */
export function toBigEndian(samples: Float32Array<ArrayBuffer>): Uint8Array {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  return swapped ? bytes.swap32() : bytes
}

function fromBigEndian(bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (swapped) Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap32()
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}
