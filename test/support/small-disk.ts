import { execFileSync } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

const CHUNK = Buffer.alloc(1 << 16)

/** A command that becomes a program which sees what the one with this id sees, its small disk too. */
export function besideProgram(pid: number): string[] {
  const namespaces = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials']
  // A program in a folder as its root would otherwise find itself outside of it.
  return ['nsenter', '--target', String(pid), ...namespaces, '--mount', '--root', '--']
}

/** A command that becomes a program for which `folder` is an empty disk of its own, of so many MiB; it is gone with the program. */
export function onSmallDisk(folder: string, sizeMiB: number): string[] {
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']
  const script = 'mount -t tmpfs -o "size=$2m,mode=700" disk "$1" && shift 2 && exec "$@"'
  return ['unshare', ...namespaces, ...propagation(), '--', 'sh', '-c', script, 'sh', folder, String(sizeMiB)]
}

/** Where a folder is the root, and no mount, nothing can be said of how mounts spread; they do not there. */
function propagation(): string[] {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' })
    return []
  } catch {
    return ['--propagation', 'unchanged']
  }
}

/** The small disk of a program, as others see it (proc(5): /proc/pid/root). */
export class SmallDisk {
  readonly #folder: string

  constructor(pid: number, folder: string) {
    this.#folder = join('/proc', String(pid), 'root', folder)
  }

  /** A file on it, for other programs. */
  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Nothing more goes onto it. */
  async fill(): Promise<void> {
    await using file = await open(this.path('fill'), 'a')
    for (let bytes = CHUNK.length; bytes > 0;) {
      try {
        await file.write(CHUNK, 0, bytes)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        bytes >>= 1
      }
    }
  }

  async empty(): Promise<void> {
    await rm(this.path('fill'))
  }
}
