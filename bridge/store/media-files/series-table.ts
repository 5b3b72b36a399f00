import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { stillFormat } from '../../../shared/still.ts'
import type { Series } from '../../core/gallery-keeper.ts'
import { migrate } from '../sqlite.ts'

const steps = [
  'CREATE TABLE media_series (device TEXT PRIMARY KEY, media_group TEXT NOT NULL, series TEXT NOT NULL) STRICT;',
]

const series: z.ZodType<Series> = z.object({
  group: z.string(),
  device: z.string(),
  who: z.string(),
  since: z.number(),
  everyMs: z.number(),
  of: z.number().optional(),
  format: stillFormat,
  note: z.string().optional(),
  tags: z.array(z.string()),
  taken: z.number(),
  missed: z.number(),
})

/** Time lapses that have not ended, one a device at most: they go on when the bridge is back. */
export class SeriesTable {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    migrate(db, 'media-series', steps)
    this.#db = db
  }

  of(device: string): Series | undefined {
    const row = this.#db.prepare('SELECT series FROM media_series WHERE device = ?').get(device)
    return row && series.parse(JSON.parse(String(row['series'])))
  }

  save(one: Series): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO media_series VALUES (?, ?, ?)')
      .run(one.device, one.group, JSON.stringify(one))
  }

  end(group: string): void {
    this.#db.prepare('DELETE FROM media_series WHERE media_group = ?').run(group)
  }
}
