import { chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** nobody and its group, on every Linux that has one. */
const NOBODY = 65_534
const PREFIX = 'lightbench-browser-'

/** Where the browser keeps its profile, and whose it is. */
export interface ProfileFolder {
  path: string
  /** The browser runs as nobody: the bridge is root. */
  asNobody: boolean
}

/**
 * Makes a fresh folder for what Playwright and the browser put aside, and deletes the one before. A bridge that is root
 * runs the browser as nobody, who may not enter the data folder: then it is one of the system's temporary folders, and
 * `kept` in the data folder says which, so that the next start finds it.
 */
export function makeProfileFolder(kept: string, isRoot = process.getuid?.() === 0): ProfileFolder {
  const note = join(kept, 'profile-folder')
  const before = read(note)
  if (before !== undefined && isOurs(before)) rmSync(before, { recursive: true, force: true })
  rmSync(kept, { recursive: true, force: true })
  mkdirSync(kept, { recursive: true, mode: 0o700 })
  if (!isRoot) return { path: kept, asNobody: false }
  const path = mkdtempSync(join(tmpdir(), PREFIX))
  writeFileSync(note, path, { mode: 0o600 })
  chownSync(path, NOBODY, NOBODY)
  return { path, asNobody: true }
}

/** Whether a folder is one that this has made: a note that somebody has changed deletes nothing else. */
function isOurs(path: string): boolean {
  try {
    const stat = lstatSync(path)
    return (
      path.startsWith(join(tmpdir(), PREFIX)) &&
      dirname(path) === tmpdir() &&
      stat.isDirectory() &&
      stat.uid === NOBODY
    )
  } catch {
    return false
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
