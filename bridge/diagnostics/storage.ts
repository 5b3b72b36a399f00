import { stat, statfs } from 'node:fs/promises'
import type { Diagnostics } from '../../shared/diagnostics/diagnostics.ts'

/** How large the database is, its log included, and how much room its disk has; what cannot be found out is left out. */
export async function readStorage(databaseFile: string, dataDir: string): Promise<Diagnostics['storage']> {
  const sizes = await Promise.all(
    [databaseFile, `${databaseFile}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  const databaseBytes = sizes.reduce((sum, size) => sum + size, 0)
  const disk = await statfs(dataDir).catch(() => undefined)
  return {
    ...(databaseBytes > 0 && { databaseBytes }),
    ...(disk && { diskFreeBytes: disk.bavail * disk.bsize, diskBytes: disk.blocks * disk.bsize }),
  }
}
