import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

interface ReplaceOptions {
  /** Permissions of the file; that of its owner alone when left out. */
  mode?: number
}

const OWNER_ONLY = 0o600

/**
 * A new file takes an old one's place in one step (rename(2)), once its bytes are on the disk: whoever reads it gets
 * the old one or the new one whole, also after a power cut. Its folder is made when it is missing. Rejects where the
 * disk does not take it; the old file is kept then. Two writers of one file must take turns.
 */
export async function replaceFile(
  file: string,
  content: string,
  { mode = OWNER_ONLY }: ReplaceOptions = {},
): Promise<void> {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeThrough(`${file}.new`, content, mode)
  await rename(`${file}.new`, file)
  // The name is on the disk once its folder is.
  await using handle = await open(folder)
  await handle.sync()
}

/**
 * The same for a few hundred bytes that must be written before anything else runs. It does not wait for the disk's own
 * cache: it outlasts the end of the process, and not of the power.
 */
export function replaceFileNow(
  file: string,
  content: string,
  { mode = OWNER_ONLY }: ReplaceOptions = {},
): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, content, { mode })
  renameSync(`${file}.new`, file)
}

async function writeThrough(file: string, content: string, mode: number): Promise<void> {
  await using handle = await open(file, 'w', mode)
  // The mode above is for a file that is new, and is cut by the umask.
  await handle.chmod(mode)
  await handle.writeFile(content)
  await handle.sync()
}
