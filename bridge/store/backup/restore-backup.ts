import { chown, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { BenchError } from '../../../shared/wire/errors.ts'
import { lockDataFolder } from '../data-folder.ts'
import { newerThanKnown } from '../schema-versions.ts'
import { gone, LOCK_FILE } from './data-files.ts'
import { copyHashed } from './hashed-copy.ts'
import { failed, stampOf, toDisk } from './make-backup.ts'
import { DATA, type Manifest, readManifest } from './manifest.ts'

export interface RestoreOptions {
  backup: string
  dataDir: string
  /** Moves what is in the data folder aside. */
  force: boolean
  /** Has the restored folder before it takes its place. */
  prepare?: (dataDir: string) => Promise<void>
  now?: Date
}

export interface Restored {
  manifest: Manifest
  /** Where what was in the data folder lies now. */
  movedTo: string | undefined
}

/**
 * Puts the data of a backup in place of a data folder: verified file by file, made aside, and put there when it is
 * whole. Nothing of what was there is deleted. Rejects, and changes nothing, with `config.invalid` while a bridge runs on
 * the folder; `input.invalid` for a damaged backup, one of a newer version, or a folder that is not empty without `force`.
 */
export async function restoreBackup({ now = new Date(), ...options }: RestoreOptions): Promise<Restored> {
  const { backup, force, prepare } = options
  const dataDir = resolve(options.dataDir)
  const manifest = await readManifest(backup)
  for (const [file, versions] of Object.entries(manifest.databases)) {
    const newer = newerThanKnown(file, versions)
    if (newer.length > 0)
      throw new BenchError(
        'input.invalid',
        `${backup} was made by a newer Lightbench (${file}: ${newer.join(', ')}): restore it with that one`,
      )
  }
  const before = (await readdir(dataDir).catch(gone))?.filter((name) => name !== LOCK_FILE)
  if (before && before.length > 0 && !force) {
    const message = `${dataDir} is not empty: with --force what is in it is moved aside, and nothing is deleted`
    throw new BenchError('input.invalid', message)
  }
  using _held = before && lockDataFolder(dataDir)
  const part = `${dataDir}.restoring`
  try {
    await rm(part, { recursive: true, force: true })
    await mkdir(dirname(dataDir), { recursive: true })
    await mkdir(part, { mode: 0o700 })
  } catch (error) {
    throw failed(dirname(dataDir), error)
  }
  try {
    for (const { path, bytes, sha256 } of manifest.files) {
      if (!path.startsWith(`${DATA}/`)) continue
      const copy = await copyHashed(join(backup, path), join(part, path.slice(DATA.length + 1))).catch(gone)
      if (copy?.bytes !== bytes || copy.sha256 !== sha256)
        throw new BenchError(
          'input.invalid',
          `${backup} is damaged: ${path} ${copy ? 'is not what was copied' : 'is missing'}. Nothing was changed: take another backup`,
        )
    }
    await prepare?.(part)
    if (before) await giveTo(part, dataDir)
    await toDisk(part)
    const movedTo = before && (await moveAside(dataDir, before, now))
    await rename(part, dataDir)
    await toDisk(dataDir)
    return { manifest, movedTo }
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw failed(dataDir, error)
  }
}

/** Answers where what was there lies now; undefined when there was nothing. */
async function moveAside(dataDir: string, names: string[], now: Date): Promise<string | undefined> {
  if (names.length === 0) {
    await rm(dataDir, { recursive: true })
    return undefined
  }
  const aside = `${dataDir}.before-restore-${stampOf(now)}`
  try {
    await rename(dataDir, aside)
    return aside
  } catch (cause) {
    const message =
      `${dataDir} cannot be moved aside (${(cause as Error).message}): is it the root of a disk of its own? Make the data ` +
      'folder a folder on that disk, name it in bench.yaml, and restore into that. Nothing was changed'
    throw new BenchError('storage.failed', message, { cause })
  }
}

/** What root restores belongs to whom the folder belongs that it takes the place of. */
async function giveTo(folder: string, owned: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(owned)
  if (uid === 0) return
  for (const name of ['', ...(await readdir(folder, { recursive: true }))])
    await chown(join(folder, name), uid, gid)
}
