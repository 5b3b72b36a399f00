import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** By which the bridge holds the folder. */
export const LOCK_FILE = 'bridge.lock'

/** What is only temporary: files under way, and what a browser has put aside. */
const TEMPORARY_FOLDERS = ['traces/.parts', 'gallery/.passing', 'watches/browser']
/** SQLite's files beside a database, which its own copy holds, and files that are yet to take another's place. */
const TEMPORARY_FILE = /-(wal|shm|journal)$|\.new$/

/** A file of the data folder: its path in it, with / between the parts. */
export interface DataFile {
  path: string
  bytes: number
  changedAt: number
}

/** Whether this file is a database of the bench's, to be copied by SQLite. */
export function isDatabase(path: string): boolean {
  return /^[^/]+\.db$/.test(path)
}

/** Every file that a bench would miss, folder by folder. One that goes away meanwhile is left out. */
export async function* dataFiles(
  dataDir: string,
  skips: (path: string) => boolean = () => false,
  folder = '',
): AsyncGenerator<DataFile> {
  const names = await readdir(join(dataDir, folder)).catch(gone)
  for (const name of names?.sort() ?? []) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (path === LOCK_FILE || TEMPORARY_FILE.test(name) || TEMPORARY_FOLDERS.includes(path) || skips(path))
      continue
    const found = await stat(join(dataDir, path)).catch(gone)
    if (found?.isDirectory()) yield* dataFiles(dataDir, skips, path)
    else if (found?.isFile()) yield { path, bytes: found.size, changedAt: found.mtimeMs }
  }
}

/** Answers undefined for what is not there any more. */
export function gone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  throw error
}
