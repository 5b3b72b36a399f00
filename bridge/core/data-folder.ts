import { mkdtemp, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A disk that is full or sick is no mistake in the file: a bench starts on one, and says so. */
const SICK = ['ENOSPC', 'EDQUOT', 'EIO']

/**
 * Why a data folder could not be made or written, undefined when it could. Tried with a folder of another name that is
 * taken away again: what access(2) says to root of a read-only or special file system is not what mkdir(2) does.
 */
export async function dataFolderFault(folder: string): Promise<string | undefined> {
  for (let above = folder; ; above = dirname(above)) {
    try {
      if (!(await stat(above)).isDirectory())
        return `${above} is a file: take it away, or name another folder`
      await rmdir(await mkdtemp(join(above, '.lightbench-')))
      return undefined
    } catch (error) {
      const { code = '', message, syscall } = error as NodeJS.ErrnoException
      if (SICK.includes(code)) return undefined
      // ENOTDIR: said of the file that is in the way, when that is reached.
      if (syscall === 'stat' && (code === 'ENOENT' || code === 'ENOTDIR') && above !== '/') continue
      const what = above === folder ? 'be written' : `be made in ${above}`
      return `${folder} cannot ${what} (${code || message}): let the user who runs the bridge write there, or name another folder`
    }
  }
}
