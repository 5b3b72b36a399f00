import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { BenchError } from '../../../shared/wire/errors.ts'
import { copyDatabase } from './copy-database.ts'
import { type DataFile, dataFiles, gone, isDatabase } from './data-files.ts'
import { copyHashed, type Hashed, hashFile } from './hashed-copy.ts'
import { BENCH_FILE, DATA, FORMAT, type Manifest, MANIFEST_FILE } from './manifest.ts'

export interface BackupOptions {
  dataDir: string
  /** The bench's file, copied beside the data. */
  benchFile: string
  /** The folder in which the backup is made as a new folder. */
  into: string
  withoutGallery: boolean
  /** Of this program. */
  version: string
  now?: Date
}

export interface Backup {
  folder: string
  manifest: Manifest
}

/**
 * Copies a bench that runs or not. It is made aside and gets its name when it is whole. Files are copied first and the
 * databases after them, and then the files that have come or changed meanwhile: every file that a database names is
 * there. Rejects with `storage.full` or `storage.failed`, and leaves nothing.
 */
export async function makeBackup(options: BackupOptions): Promise<Backup> {
  const { now = new Date() } = options
  const [dataDir, into] = [resolve(options.dataDir), resolve(options.into)]
  const inside = relative(dataDir, into)
  if (inside === '' || !inside.startsWith('..'))
    throw new BenchError(
      'input.invalid',
      `${into} lies in the data folder ${dataDir}: name a folder outside of it`,
    )
  const name = `lightbench-${stampOf(now)}`
  const folder = join(into, name)
  const part = `${folder}.part`
  try {
    await mkdir(into, { recursive: true, mode: 0o700 })
    if ((await readdir(into)).includes(name))
      throw new BenchError('input.invalid', `${folder} is there already: wait for a second and try again`)
    await mkdir(part, { mode: 0o700 })
  } catch (error) {
    throw failed(into, error)
  }
  try {
    const manifest = await fill(part, { ...options, dataDir, now })
    await writeFile(join(part, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 1)}\n`, { mode: 0o600 })
    await toDisk(part)
    await rename(part, folder)
    await toDisk(into)
    return { folder, manifest }
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw failed(into, error)
  }
}

async function fill(
  part: string,
  { dataDir, benchFile, withoutGallery, version, now }: BackupOptions & { now: Date },
): Promise<Manifest> {
  const data = join(part, DATA)
  await mkdir(data, { mode: 0o700 })
  const files = new Map<string, Hashed>([[BENCH_FILE, await copyHashed(benchFile, join(part, BENCH_FILE))]])
  const skips = (path: string): boolean => isDatabase(path) || (withoutGallery && path === 'gallery')
  const copied = new Map<string, DataFile>()
  const copyFiles = async (): Promise<void> => {
    for await (const file of dataFiles(dataDir, skips)) {
      const before = copied.get(file.path)
      if (before?.bytes === file.bytes && before.changedAt === file.changedAt) continue
      const to = join(data, file.path)
      await rm(to, { force: true })
      const hashed = await copyHashed(join(dataDir, file.path), to).catch(gone)
      if (!hashed) continue
      await utimes(to, new Date(), file.changedAt / 1000)
      copied.set(file.path, file)
      files.set(`${DATA}/${file.path}`, hashed)
    }
  }
  await copyFiles()
  const databases: Manifest['databases'] = {}
  let audit: Manifest['audit']
  for (const file of (await readdir(dataDir)).filter(isDatabase).sort()) {
    const found = await copyDatabase(join(dataDir, file), join(data, file))
    databases[file] = found.versions
    audit ??= found.audit
    files.set(`${DATA}/${file}`, await hashFile(join(data, file)))
  }
  await copyFiles()
  return {
    format: FORMAT,
    lightbench: version,
    madeAt: now.toISOString(),
    without: withoutGallery ? ['gallery'] : [],
    databases,
    ...(audit && { audit }),
    files: [...files].map(([path, { bytes, sha256 }]) => ({ path, bytes, sha256 })),
  }
}

/** Everything on the disk of this folder, at once: many small files, each by itself, would take minutes. */
export async function toDisk(folder: string): Promise<void> {
  await promisify(execFile)('sync', ['--file-system', folder])
}

/** What the system says, in words for people. */
export function failed(where: string, error: unknown): unknown {
  if (error instanceof BenchError) return error
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new BenchError('storage.full', `the disk of ${where} is full: nothing was left there`, {
      cause: error,
    })
  if (code === undefined) return error
  return new BenchError('storage.failed', `${where}: ${message}`, { cause: error })
}

/** A time as names of folders have it: UTC, to the second. */
export function stampOf(at: Date): string {
  return at.toISOString().replace(/\.\d+/, '').replaceAll(/[:-]/g, '')
}
