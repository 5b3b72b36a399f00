import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface Hashed {
  bytes: number
  sha256: string
}

/** Copies a file as a new one that only its owner can read, and answers what was copied. */
export async function copyHashed(from: string, to: string): Promise<Hashed> {
  // First of all: where there is nothing to copy, nothing is made.
  const source = (await open(from)).createReadStream()
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  return await hashing(source, (pieces) =>
    pipeline(pieces, createWriteStream(to, { flags: 'wx', mode: 0o600 })),
  )
}

/** What is in a file now. */
export async function hashFile(file: string): Promise<Hashed> {
  return await hashing(createReadStream(file), async (pieces) => {
    for await (const piece of pieces) void piece
  })
}

async function hashing(
  source: AsyncIterable<Buffer>,
  use: (pieces: AsyncIterable<Buffer>) => Promise<void>,
): Promise<Hashed> {
  const hash = createHash('sha256')
  let bytes = 0
  await use(
    (async function* () {
      for await (const piece of source) {
        hash.update(piece)
        bytes += piece.length
        yield piece
      }
    })(),
  )
  return { bytes, sha256: hash.digest('hex') }
}
