import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { BenchError } from '../../shared/wire/errors.ts'
import { isDamage, SQLITE, sqliteCode } from './sqlite.ts'

/** Less than this is left on a disk when SQLite says no more than that it could not write. */
const FULL_BYTES = 65_536

/** What SQLite, or the file system, says of this file, in words for people: `storage.full` or `storage.failed`; any other error as it is. */
export function storageFailure(file: string, error: unknown): unknown {
  if (error instanceof BenchError) return error
  const said = error instanceof Error ? error.message : String(error)
  const failed = (what: string): BenchError =>
    new BenchError('storage.failed', `${file} ${what} (${said})`, { cause: error })
  const full = (): BenchError =>
    new BenchError('storage.full', `the disk of ${file} is full: free some of it (${said})`, { cause: error })
  if (isDamage(error)) return failed('is damaged: end the bridge and restore a backup (lightbench restore)')
  switch (sqliteCode(error) ?? (error as NodeJS.ErrnoException | null)?.code) {
    case SQLITE.full:
    case 'ENOSPC':
    case 'EDQUOT':
      return full()
    case SQLITE.ioError:
    case SQLITE.cantOpen:
    case 'EIO':
      return isFull(file) ? full() : failed('cannot be read or written: see to its folder and its disk')
    case SQLITE.busy:
    case SQLITE.locked:
      return failed('is locked by another program: end that one')
    case SQLITE.readOnly:
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return failed('is read-only: give its folder back to the bridge, or mount its disk for writing')
    default:
      return error
  }
}

/** Whether an error says that the store does not take, or does not give, what it should. */
export function isStorageFailure(error: unknown): error is BenchError {
  return error instanceof BenchError && (error.code === 'storage.full' || error.code === 'storage.failed')
}

function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize < FULL_BYTES
  } catch {
    return false
  }
}
