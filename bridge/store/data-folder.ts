import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BenchError } from '../../shared/wire/errors.ts'
import { SQLITE, sqliteCode } from './sqlite.ts'

/**
 * Makes a bench's data folder, for its owner alone, and holds it until the lock is disposed of: two bridges on one
 * folder would each take the other's work apart. The lock is SQLite's, on a file of its own, so that it is gone with
 * the process however that ends. Throws `config.invalid` when another holds it, or when the folder cannot be had.
 */
export function lockDataFolder(dataDir: string): Disposable {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    chmodSync(dataDir, 0o700)
  } catch (cause) {
    const message = `dataDir: ${dataDir} cannot be made or written (${String(cause)}): give the folder to the user that runs the bridge, or choose another`
    throw new BenchError('config.invalid', message, { cause })
  }
  const file = join(dataDir, 'bridge.lock')
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db.close()
    const code = sqliteCode(cause)
    const message =
      code === SQLITE.busy || code === SQLITE.locked
        ? `dataDir: another bridge is running on ${dataDir}: end that one, or give this one a folder of its own`
        : `dataDir: ${file} cannot be locked (${String(cause)}): see to the folder and its disk`
    throw new BenchError('config.invalid', message, { cause })
  }
  return {
    [Symbol.dispose]: () => db.close(),
  }
}
