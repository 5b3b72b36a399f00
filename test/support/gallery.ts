import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { GalleryKeeper } from '../../bridge/device/gallery-keeper.ts'
import { Gallery, type GalleryOptions } from '../../bridge/gallery/gallery.ts'
import { openTables } from './tables.ts'

/** A gallery of its own, in a folder of its own. */
export async function gallery(options: Partial<GalleryOptions> = {}): Promise<Gallery> {
  const folder = mkdtempSync(join(tmpdir(), 'lightbench-'))
  return Gallery.open({
    tables: options.tables ?? (await openTables(join(folder, 'lightbench.db'))),
    path: join(folder, 'gallery'),
    bench: 'Test bench',
    rules: { keepFreeGB: 0 },
    log: pino({ level: 'silent' }),
    deleted: () => {},
    ...options,
  })
}

/** For drivers that have no pictures to keep. */
export const noGallery = new Proxy({} as GalleryKeeper, {
  get: (_, name): never => {
    throw new Error(`no camera, and asks for gallery.${String(name)}`)
  },
})
