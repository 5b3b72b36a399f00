import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../../shared/wire/errors.ts'

const KEY_BYTES = 32

/** The key of the audit's hash chain, beside the database and not in it: who can write one cannot forge the other. */
export function auditKeyFile(dataDir: string): string {
  return join(dataDir, 'audit.key')
}

/** Undefined when there is none. Rejects with `storage.failed` when it cannot be read or is no key. */
export async function readAuditKey(dataDir: string): Promise<Buffer | undefined> {
  const file = auditKeyFile(dataDir)
  let text: string
  try {
    text = (await readFile(file, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(`${file} cannot be read (${(error as Error).message}): give it back to the bridge`, error)
  }
  if (!/^[0-9a-f]{64}$/.test(text)) {
    const message =
      `${file} is damaged: it is to hold 64 hexadecimal digits. Restore it from a backup, or move it away: a new key is ` +
      'made then, and what the audit holds so far can no longer be verified'
    throw unusable(message)
  }
  return Buffer.from(text, 'hex')
}

/** The key, made at the first start; `isNew` says that it was. */
export async function openAuditKey(dataDir: string): Promise<{ key: Buffer; isNew: boolean }> {
  const kept = await readAuditKey(dataDir)
  if (kept) return { key: kept, isNew: false }
  const key = randomBytes(KEY_BYTES)
  const file = auditKeyFile(dataDir)
  try {
    const handle = await open(`${file}.new`, 'w', 0o600)
    try {
      await handle.writeFile(`${key.toString('hex')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${file}.new`, file)
  } catch (error) {
    throw unusable(
      `${file} cannot be made (${(error as Error).message}): see to the disk of the data folder`,
      error,
    )
  }
  return { key, isNew: true }
}

function unusable(message: string, cause?: unknown): BenchError {
  return new BenchError('storage.failed', message, { cause })
}
