import { z } from 'zod'
import { stillFormat } from '../../shared/camera/still.ts'
import type { Series } from '../device/gallery-keeper.ts'
import type { Tables } from '../core/tables.ts'

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

/** Time lapses that have not ended, one a device at most: they go on when the bridge is back. They are written behind. */
export class SeriesTable {
  readonly #tables: Tables
  readonly #byDevice: Map<string, Series>

  private constructor(tables: Tables, byDevice: Map<string, Series>) {
    this.#tables = tables
    this.#byDevice = byDevice
  }

  static async open(tables: Tables): Promise<SeriesTable> {
    await tables.migrate('media-series', steps)
    const rows = await tables.all('SELECT series FROM media_series')
    const all = rows.map((row) => series.parse(JSON.parse(String(row['series']))))
    return new SeriesTable(tables, new Map(all.map((one) => [one.device, one])))
  }

  of(device: string): Series | undefined {
    return this.#byDevice.get(device)
  }

  save(one: Series): void {
    // A copy: whoever saves it goes on changing it.
    this.#byDevice.set(one.device, structuredClone(one))
    this.#later(one.device, 'INSERT OR REPLACE INTO media_series VALUES (?, ?, ?)', [
      ...[one.device, one.group, JSON.stringify(one)],
    ])
  }

  end(group: string): void {
    for (const [device, one] of this.#byDevice) {
      if (one.group !== group) continue
      this.#byDevice.delete(device)
      this.#later(device, 'DELETE FROM media_series WHERE device = ?', [device])
    }
  }

  #later(device: string, sql: string, values: string[]): void {
    this.#tables.later({ sql, values }, `media-series/${device}`)
  }
}
